"""A crowd of WebSocket clients in one process, as cheap as can be: it counts frames and never parses them.

`python -m tests.bench.crowd <port> <count> [<topic>]`; without a topic each client has one of its own. Prints `ready`.
For each line `<frames> <bytes a frame>` on stdin it waits for them on every socket and prints the seconds it took.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
import uuid

from websockets.frames import Frame, Opcode

from ingress.identity.tokens import visitor_token

_UPGRADE = (
    b"GET /connection/websocket HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def _text(text: str) -> bytes:
    return bytes(Frame(Opcode.TEXT, text.encode()).serialize(mask=True))


def join(port: int, conversation: str) -> socket.socket:
    """Connected, subscribed, and nothing unread."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(_UPGRADE)
    _read_until(sock, b"\r\n\r\n")
    if conversation == "peer":
        sock.sendall(_text("{}"))
        _read_until(sock, b"{}")
        return sock
    connect = {"id": 1, "connect": {"token": visitor_token("bench", conversation)}}
    sock.sendall(_text(json.dumps(connect)))
    _read_until(sock, b'"connect":')
    sock.sendall(_text(json.dumps({"id": 2, "subscribe": {"channel": f"conversation:{conversation}"}})))
    _read_until(sock, b'"publications":[]}}')
    return sock


def _read_until(sock: socket.socket, end: bytes) -> None:
    said = b""
    while end not in said:
        piece = sock.recv(4096)
        if not piece or b'"error":' in piece:
            raise ConnectionError(said + piece)
        said += piece


def count(crowd: list[socket.socket], frames: int, size: int) -> float:
    """Reads `frames` × `size` bytes on every socket; seconds from the first byte to the last."""
    selector = selectors.EpollSelector()
    left = {}
    for sock in crowd:
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
        left[sock.fileno()] = frames * size
    began, waiting = 0.0, len(crowd)
    while waiting:
        for key, _ in selector.select(30):
            began = began or time.perf_counter()
            left[key.fd] -= len(key.fileobj.recv(1 << 16))
            if left[key.fd] <= 0:
                selector.unregister(key.fileobj)
                waiting -= 1
    return time.perf_counter() - began


def main() -> None:
    port, number, topic = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""
    crowd = [join(port, topic or str(uuid.uuid4())) for _ in range(number)]
    print("ready", flush=True)
    for line in sys.stdin:
        frames, size = map(int, line.split())
        print(count(crowd, frames, size), flush=True)


if __name__ == "__main__":
    main()
