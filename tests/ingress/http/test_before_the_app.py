"""What gunicorn refuses before the app sees it is a problem document, too, and repeats nothing of the request."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingress.http import problem_types
from tests.live import ROOT, Server
from tests.stores import fresh

SECRET = "hunter2"
CONFIGURATION = ["-c", str(ROOT / "ingress" / "gunicorn.py")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with fresh("sqlite", Path(tmp_path_factory.mktemp("var"))):
        running = Server("ingress:create_app()", dict(os.environ), CONFIGURATION, worker=())
        yield running
        running.end()


HOST = b"Host: x\r\n"
GET = b"GET /health HTTP/1.1\r\n" + HOST
CHUNKED = b"POST /api/chat HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nTransfer-Encoding: "


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"{SECRET}\r\n\r\n".encode(), 400),
        (f"GET /{SECRET} HTTP/9.9\r\n\r\n".encode(), 400),
        (f"g{{t /{SECRET} HTTP/1.1\r\n\r\n".encode(), 400),
        (GET + f"a b{SECRET}: c\r\n\r\n".encode(), 400),
        (GET + f"a: b\0{SECRET}\r\n\r\n".encode(), 400),
        (GET + f"Content-Length: {SECRET}\r\n\r\n".encode(), 400),
        (GET + HOST + b"\r\n", 400),
        (b"GET /" + SECRET.encode() * 1000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (GET + f"Expect: {SECRET}\r\n\r\n".encode(), 417),
        (GET + b"a: " + SECRET.encode() * 2000 + b"\r\n\r\n", 431),
        (GET + b"a: b\r\n" * 200 + b"\r\n", 431),
        (CHUNKED + f"{SECRET}\r\n\r\n".encode(), 501),
    ],
)
def test_a_refusal_is_a_problem(server: Server, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as client:
        client.sendall(sent)
        response = http.client.HTTPResponse(client)
        response.begin()
        body = response.read()
    assert response.status == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Connection"] == "close"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    told = json.loads(body)
    kind = problem_types.of_status(status)
    assert told == {"type": kind.uri, "title": kind.title, "status": status, "detail": told["detail"]}
    assert kind.uri != problem_types.BLANK
    assert told["detail"].endswith(".")
    assert SECRET.encode() not in body
