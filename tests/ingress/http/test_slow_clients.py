"""Clients that hold connections: each is bounded in time, and all of one address in number."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ingress.http import slow_bodies
from tests.acceptance.test_tls import certificate
from tests.live import OURS, Server, until
from tests.stores import fresh

MOST = 4  # of one address
LIMITS = {"RATELIMIT_ENABLED": "true", "CONNECTIONS_PER_ADDRESS": str(MOST), "RATELIMIT_USER": "1000"}
HEAD = b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("var")
    with fresh("sqlite", folder):
        running = Server("ingress:create_app()", {**os.environ, **LIMITS}, ["-c", OURS, "--worker-connections", "24"])
        yield running
        running.end()


def opened(server: Server, said: bytes = b"") -> socket.socket:
    """A connection that has said this."""
    made = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    made.sendall(said)
    return made


def get(server: Server, path: str = "/") -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", timeout=30)


def everything(sock: socket.socket) -> bytes:
    """What comes until the server closes."""
    told = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65_536):
            told += piece
    return told


def drip(sock: socket.socket, data: bytes) -> threading.Thread:
    """Sends a byte each quarter of a second for as long as it is taken."""

    def send() -> None:
        with contextlib.suppress(OSError):
            for at in range(len(data)):
                sock.sendall(data[at : at + 1])
                time.sleep(0.25)

    started = threading.Thread(target=send, daemon=True)
    started.start()
    return started


def test_a_head_that_drips_is_cut_off(server: Server) -> None:
    began = time.monotonic()
    with opened(server) as slow:
        drip(slow, b"GET / HTTP/1.1\r\nHost: " + b"x" * 500)
        assert everything(slow) == b""
    assert time.monotonic() - began < 15


def test_a_body_that_drips_is_408(server: Server) -> None:
    began = time.monotonic()
    with opened(server, HEAD) as slow:
        drip(slow, b" " * 99)
        head, _, body = everything(slow).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == 408
    assert slow_bodies.WITHIN - 1 < time.monotonic() - began < slow_bodies.WITHIN + 10


def test_a_body_that_takes_a_while_arrives(server: Server) -> None:
    with opened(server, HEAD.replace(b": 100\r", b": 8\r").replace(b"Host", b"Connection: close\r\nHost")) as slow:
        drip(slow, b'{"a":1 }').join()
        assert everything(slow).startswith(b"HTTP/1.1 422 ")


def test_an_address_holds_so_much_and_no_more(server: Server) -> None:
    with contextlib.ExitStack() as kept:
        held = [kept.enter_context(opened(server, HEAD)) for _ in range(MOST)]
        until(lambda: get(server).status_code == 429)
        refused = get(server)
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json()["status"] == 429
        with pytest.raises(InvalidStatus) as handshake:
            connect(f"ws://127.0.0.1:{server.port}/connection/websocket", proxy=None)
        assert handshake.value.response.status_code == 429
        assert httpx.post(f"http://127.0.0.1:{server.port}/webhooks/in/shop", json={}, timeout=30).status_code == 401
        for probe in ("/health", "/ready", "/metrics"):
            assert get(server, probe).status_code == 200
        held[0].close()
        until(lambda: get(server).status_code == 200)
    until(lambda: get(server).status_code == 200)
    assert server.log().count("connections of one address") == 1  # one line, however many were refused


def test_sockets_and_streams_count(server: Server) -> None:
    with contextlib.ExitStack() as kept:
        for _ in range(MOST):
            kept.enter_context(connect(f"ws://127.0.0.1:{server.port}/connection/websocket", proxy=None))
        assert get(server).status_code == 429
    until(lambda: get(server).status_code == 200)


def test_one_address_takes_no_more_than_half_of_all_connections(server: Server) -> None:
    with contextlib.ExitStack() as kept:
        for _ in range(12):
            kept.enter_context(opened(server))
        with opened(server) as refused:
            head, _, body = everything(refused).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429 ")
    assert json.loads(body)["status"] == 429
    assert f"Content-Length: {len(body)}".encode() in head
    until(lambda: get(server).status_code == 200)


def test_a_handshake_that_does_not_come_is_cut_off(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with fresh("sqlite", tmp_path):
        arguments = ["-c", OURS, "--certfile", str(cert), "--keyfile", str(key)]
        server = Server("ingress:create_app()", dict(os.environ), arguments)
        try:
            with opened(server) as silent:
                assert everything(silent) == b""
            assert httpx.get(f"https://127.0.0.1:{server.port}/", verify=False, timeout=30).status_code == 200
        finally:
            server.end()
