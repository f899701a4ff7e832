"""`Host`, `X-Forwarded-Host` and `SCRIPT_NAME` are the client's word: no answer repeats them, no redirect follows them."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.ingress.conftest import Started, routes
from tests.live import ROOT, Server
from tests.stores import fresh

FOREIGN = "evil.example"
WORDS = {"Host": FOREIGN, "X-Forwarded-Host": FOREIGN, "X-Original-Host": FOREIGN, "Forwarded": f"host={FOREIGN}"}


def _told(client: FlaskClient, path: str, method: str = "GET") -> tuple[int, str, str]:
    """Status, Location, and everything that was answered."""
    response = client.open(path, method=method, headers=WORDS)
    everything = f"{response.headers}\n{response.get_data(as_text=True)}"
    return response.status_code, response.headers.get("Location", ""), everything


def _spellings(rule: str) -> set[str]:
    """A route's address, and those from which Werkzeug redirects to it."""
    path = rule.replace("<path:filename>", "x.js").replace("<path:name>", "chat.js").replace("<", "").replace(">", "")
    return {path, path.rstrip("/") or "/", f"{path.rstrip('/')}/", "/" + path, path.replace("/", "//")}


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_no_answer_repeats_a_foreign_host(started: Started, proxies: str) -> None:
    client = started(TRUSTED_PROXIES=proxies)
    for rule in routes(client.application):
        if rule.rule == "/api/test-stream":
            continue
        for path in _spellings(rule.rule):
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert FOREIGN not in _told(client, path, method)[2], f"{method} {path}"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/api//conversations?limit=2&q=a%20b", "/api/conversations?limit=2&q=a%20b"),
        ("//chat", "/chat"),
        ("///evil.example//x", "/evil.example/x"),
        ("/\\evil.example//x", "/%5Cevil.example/x"),
    ],
)
def test_a_redirect_stays_on_this_host(client: FlaskClient, path: str, to: str) -> None:
    response = client.open(
        environ_overrides={"PATH_INFO": path.partition("?")[0], "QUERY_STRING": path.partition("?")[2]}, headers=WORDS
    )
    location = response.headers.get("Location")
    assert location in {to, None}
    assert location is None or not urlsplit(location).netloc


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Gunicorn with the settings that it has in the Procfile, but for the port."""
    with fresh("sqlite", Path(tmp_path_factory.mktemp("var"))):
        running = Server("ingress:create_app()", dict(os.environ), ["-c", str(ROOT / "ingress" / "gunicorn.py")])
        yield running
        running.end()


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "REMOTE_USER", "X-Forwarded-Prefix"])
def test_no_header_moves_the_app(server: Server, name: str) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as client:
        for value in ("/elsewhere", "/heal", "//evil.example"):
            client.request("GET", "/health", headers={name: value})
            response = client.getresponse()
            assert (response.status, b"evil" in response.read()) == (200, False)


def test_what_only_trusted_proxies_say_of_the_scheme_is_no_fault(server: Server) -> None:
    """Gunicorn would believe its own machine, and refuse two words that differ, whatever TRUSTED_PROXIES says."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as client:
        client.request("GET", "/health", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off"})
        assert client.getresponse().status == 200
