"""Chunked bodies, which do not say how long they are, through a real gunicorn."""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live import Server
from tests.stores import fresh

MAX = 1 << 20
BODY = b'{"name":"Ann"}'
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("var")
    with fresh("sqlite", folder):
        running = Server("ingress:create_app()", {**os.environ, "RATELIMIT_ENABLED": "false"})
        yield running
        running.end()


@pytest.mark.parametrize(("size", "status"), [(len(BODY), 201), (MAX, 201), (MAX + 1, 413), (3 * MAX, 413)])
def test_the_limit_holds_for_them_too(server: Server, size: int, status: int) -> None:
    """Spaces behind a whole document: cut at the limit, it would still be one."""
    whole = BODY + b" " * (size - len(BODY))
    pieces = (whole[at : at + 65_536] for at in range(0, size, 65_536))
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as client:
        client.request("POST", "/api/conversations", pieces, HEADERS, encode_chunked=True)
        response = client.getresponse()
        assert response.status == status
        assert response.read()
        client.request("POST", "/api/conversations", BODY, HEADERS)
        assert client.getresponse().status == 201


@pytest.mark.parametrize("body", [b"ZZ\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n", b"2\r\n{}XX"])
def test_chunks_that_are_none_are_400(server: Server, body: bytes) -> None:
    head = b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 10) as client:
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        response = http.client.HTTPResponse(client)
        response.begin()
        assert response.status == 400
        assert json.loads(response.read())["status"] == 400
