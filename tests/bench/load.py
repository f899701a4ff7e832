"""A load generator that costs little, since it shares two cores with what it measures: raw sockets, no parsing."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

ANSWERED_WITHIN = 60.0  # seconds: one that is not answered ends the measurement instead of holding it up


def request(method: str, path: str, body: object = None, token: str = "") -> bytes:
    """An HTTP/1.1 request on a connection that stays open."""
    payload = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(payload)}\r\n"
    head += "Content-Type: application/json\r\n" if payload else ""
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    return head.encode() + b"\r\n" + payload


class Http:
    """One open connection: a request, then its response."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "localhost", parts.port or 80)

    async def open(self) -> Http:
        """Connects."""
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def send(self, raw: bytes) -> tuple[int, bytes]:
        """(status, body) of one request."""
        self._writer.write(raw)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        return int(head[9:12]), await self._reader.readexactly(length)

    def close(self) -> None:
        """Hangs up."""
        self._writer.close()


@dataclass
class Visitor:
    """A conversation and its token."""

    id: str
    token: str


async def visitors(url: str, count: int) -> list[Visitor]:
    """Opens so many conversations."""
    http = await Http(url).open()
    found = []
    for _ in range(count):
        status, body = await http.send(request("POST", "/api/conversations", {}))
        assert status == 201, body
        opened = json.loads(body)
        found.append(Visitor(opened["conversation"]["id"], opened["token"]))
    http.close()
    return found


class Ear(asyncio.Protocol):
    """A socket that follows one conversation and counts the messages that were answered."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.answered = 0
        self.ready = asyncio.get_running_loop().create_future()
        self.heard = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shakes hands, connects and subscribes in one go."""
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        hello = (
            "GET /connection/websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        transport.write(hello.encode())  # type: ignore[attr-defined]
        self._handshaken = False

    def data_received(self, data: bytes) -> None:
        """Counts by what only an answered message's update says."""
        if not self._handshaken:
            self._handshaken = True
            connect = {"id": 1, "connect": {"token": self._visitor.token}}
            subscribe = {"id": 2, "subscribe": {"channel": f"conversation:{self._visitor.id}"}}
            self._send(json.dumps(connect) + "\n" + json.dumps(subscribe))
        if b'"recoverable"' in data or b'"epoch"' in data:
            if not self.ready.done():
                self.ready.set_result(None)
        count = data.count(b'"message.updated"')
        if count:
            self.answered += count
            self.heard.set()
        if b"\x02{}" in data:
            self._send("{}")

    def _send(self, text: str) -> None:
        payload = text.encode()
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self._transport.write(b"\x81" + length + b"\0\0\0\0" + payload)  # type: ignore[attr-defined]

    def close(self) -> None:
        """Hangs up."""
        self._transport.close()


AnyEar = TypeVar("AnyEar", bound=Ear)


async def ears(url: str, whom: Sequence[Visitor], kind: type[AnyEar] = Ear) -> list[AnyEar]:  # type: ignore[assignment]
    """A socket for each visitor, subscribed."""
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port or 80
    loop = asyncio.get_running_loop()
    made: list[AnyEar] = []
    for visitor in whom:
        _, ear = await loop.create_connection(partial(kind, visitor), host, port)
        made.append(ear)
    await asyncio.wait_for(asyncio.gather(*(ear.ready for ear in made)), 60)
    return made


async def flood(url: str, requests: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
    """Sends everything over so many connections. Returns the seconds it took and each request's own seconds."""
    pending = iter(requests)
    times: list[float] = []

    async def worker() -> None:
        http = await Http(url).open()
        for raw in pending:
            began = time.perf_counter()
            status, body = await http.send(raw)
            assert status in {200, 201, 202}, body
            times.append(time.perf_counter() - began)
        http.close()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(connections)))
    return time.perf_counter() - began, times
