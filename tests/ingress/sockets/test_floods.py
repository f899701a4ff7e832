"""Floods without a token: the socket is closed, and a page that is asked for meanwhile comes as fast as before."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from websockets.frames import Opcode

from tests.ingress.sockets.raw import Raw, masked
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import Server, until

SOON = 1.0  # seconds; without floods a page takes a few milliseconds, and the tests' machine may be busy
FLOODS = {
    "newlines": masked(Opcode.TEXT, b"\n"),
    "empty frames": masked(Opcode.TEXT, b""),
    "spaces": masked(Opcode.TEXT, b" " * 20),
    "pongs of the protocol": masked(Opcode.TEXT, b"{}"),
    "pings of the RFC": masked(Opcode.PING, b""),
    "pongs of the RFC": masked(Opcode.PONG, b""),
    "empty lines in a frame": masked(Opcode.TEXT, b"\n" * 50_000),
    "large frames": masked(Opcode.TEXT, b" " * 200_000),
}
FRAGMENTS = masked(Opcode.TEXT, b"", fin=False), masked(Opcode.CONT, b"", fin=False)


class Flood:
    """A thread that writes the same bytes to a socket, without a pause, for as long as the server takes them."""

    def __init__(self, sock: socket.socket, data: bytes) -> None:
        self._sock = sock
        self._data = data
        self._stopped = False
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Flood:
        self._thread.start()
        return self

    @property
    def is_over(self) -> bool:
        """The server takes nothing more: it has closed the connection."""
        return not self._thread.is_alive()

    def __exit__(self, *_error: object) -> None:
        self._stopped = True
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # it may be waiting for a server that takes nothing more
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while not self._stopped:
                self._sock.sendall(self._data)


def slowest_page(server: Server, seconds: float) -> float:
    """How long the slowest of many requests took that were made one after the other."""
    slowest, end = 0.0, time.monotonic() + seconds
    asked = HTTPConnection("127.0.0.1", server.port, timeout=30)
    while (began := time.monotonic()) < end:
        asked.request("GET", "/")
        asked.getresponse().read()
        slowest = max(slowest, time.monotonic() - began)
    asked.close()
    return slowest


@pytest.fixture
def server(serve: Serve) -> Iterator[Server]:
    yield serve()


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_without_a_token_is_closed_and_delays_nobody(shared: Server, name: str) -> None:
    client = Raw(shared)
    batch = FLOODS[name] * max(1, 60_000 // len(FLOODS[name]))
    with Flood(client.socket.socket, batch):
        assert slowest_page(shared, 1) < SOON
        assert client.closed() == (3013, "too many requests")


def test_a_flood_of_fragments(shared: Server) -> None:
    client = Raw(shared)
    client.socket.socket.sendall(FRAGMENTS[0])
    with Flood(client.socket.socket, FRAGMENTS[1] * 10_000):
        assert slowest_page(shared, 1) < SOON
        assert client.closed() == (3013, "too many requests")


def test_after_a_close_nothing_more_is_parsed(server: Server) -> None:
    """A flood that goes on behind its close frame costs next to nothing, and is cut off."""
    clients = [Raw(server) for _ in range(8)]
    before, running = _cpu_seconds(server), []
    with contextlib.ExitStack() as floods:
        for client in clients:
            running.append(floods.enter_context(Flood(client.socket.socket, FLOODS["newlines"] * 10_000)))
        for client in clients:
            assert client.closed()[0] == 3013
        assert slowest_page(server, 0.5) < SOON
        until(lambda: all(flood.is_over for flood in running))
        assert (
            _cpu_seconds(server) - before < 3
        )  # one flood that is parsed takes all of a core for as long as it goes on


def test_a_large_message_in_small_pieces_is_no_flood(shared: Server, conversation: str) -> None:
    """What counts is frames and bytes, not how the network cuts them."""
    client = Raw(shared, conversation)
    said = b'{"id":7,"rpc":{"method":"echo","data":{"a":"%b"}}}' % (b"x" * 250_000)
    frame = masked(Opcode.TEXT, said)
    client.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(0, len(frame), 1400):
        client.socket.socket.sendall(frame[at : at + 1400])
        time.sleep(0.0005)
    assert client.said()["id"] == 7


def _cpu_seconds(server: Server) -> float:
    """CPU time of the worker, user's and system's (proc(5))."""
    with open(f"/proc/{server.worker}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
