"""Clients that do not read: cut off with 3008 once 1 MiB waits, and nobody else notices."""

import contextlib
import json
import socket
import struct

from websockets.frames import Opcode

from ingress.identity.tokens import visitor_token
from tests.ingress.sockets.raw import Raw, masked, tell
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import Server


def test_one_that_never_reads(shared: Server, conversation: str) -> None:
    """It is cut off once 1 MiB waits, whatever the kernel buffers; the process keeps no more than that for it."""
    bystander = Raw(shared, f"{conversation}-b")
    bystander.subscribe(f"{conversation}-b")
    slow = _plain_socket(shared, conversation)
    for _ in range(12):
        tell(conversation, *range(10), text="x" * 100_000)
        tell(f"{conversation}-b", 0)
        assert bystander.push()["pub"]["data"]["n"] == 0
    said = b""
    slow.settimeout(30)
    with contextlib.suppress(ConnectionResetError):
        while piece := slow.recv(1 << 20):
            said = (said + piece)[-64:]
    if said.endswith(b"slow"):  # it began to read in time to learn why
        assert said.endswith(struct.pack("!BBH", 0x88, 6, 3008) + b"slow")
    slow.close()


def test_one_that_reads_late_learns_why(serve: Serve, conversation: str) -> None:
    server = serve(close_within=20)
    slow, swift = _plain_socket(server, conversation), Raw(server, conversation)
    swift.subscribe(conversation)
    for _ in range(12):
        tell(conversation, *range(10), text="x" * 100_000)
        for n in range(10):  # once it has been told, so has the slow one
            assert swift.push()["pub"]["data"]["n"] == n
    said = b""
    slow.settimeout(30)
    while not said.endswith(struct.pack("!BBH", 0x88, 6, 3008) + b"slow"):
        piece = slow.recv(1 << 20)
        assert piece, "closed without a word"
        said = (said + piece)[-64:]
    slow.close()


def _plain_socket(server: Server, conversation: str) -> socket.socket:
    """A subscribed client that nobody reads from."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    plain.connect(("127.0.0.1", server.port))
    plain.sendall(
        b"GET /connection/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    commands = [
        {"id": 1, "connect": {"token": visitor_token("v", conversation)}},
        {"id": 2, "subscribe": {"channel": f"conversation:{conversation}"}},
    ]
    assert b"101 Switching" in plain.recv(4096)
    plain.sendall(masked(Opcode.TEXT, "\n".join(map(json.dumps, commands)).encode()))
    said = b""
    while b'"id":2' not in said:
        said += plain.recv(4096)
    return plain
