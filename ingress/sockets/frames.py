"""Frames of RFC 6455. A server's frames are not masked, so one bytes object serves all sockets."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, TextMessage

from ingress.sockets.budget import PART
from ingress.sockets.protocol import BINARY, CLOSES, TOO_BIG, Disconnect

PIECES_MAX = 4096
PIECE = 1 / 64  # of a frame's cost: the network splits frames, and a piece is no frame

_TEXT, _CLOSE, _PONG = 0x81, 0x88, 0x8A
PING = b"\x81\x02{}"  # the protocol's own ping: a text frame with an empty object


def text(payload: bytes) -> bytes:
    """A complete text message in one frame."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", _TEXT, 126, size) + payload
    return struct.pack("!BBQ", _TEXT, 127, size) + payload


def close(code: int) -> bytes:
    """A close frame with the code and its reason."""
    payload = struct.pack("!H", code) + CLOSES.get(code, "").encode()
    return bytes((_CLOSE, len(payload))) + payload


def pong(payload: bytes) -> bytes:
    """The answer to a ping frame."""
    return bytes((_PONG, len(payload))) + payload


class Incoming:
    """Assembles a client's bytes to text messages of at most `limit` bytes.

    Compression is never negotiated. Raises Disconnect for binary or too large messages, and for violations of the RFC.
    `spend` gets each frame's cost before the frame is looked at; it may raise, too.
    """

    __slots__ = ("_limit", "_parser", "_parts", "_size", "_spend")

    def __init__(self, limit: int, spend: Callable[[float], None]) -> None:
        self._parser = Connection(ConnectionType.SERVER)
        self._spend = spend
        self._limit = limit
        self._size = 0
        self._parts: list[str] | None = None

    def feed(self, data: bytes) -> Iterator[str | Event]:
        """Text messages as str; Ping, Pong and CloseConnection as wsproto's events."""
        self._parser.receive_data(data)
        for event in self._parser.events():
            self._spend(_cost(event))
            if isinstance(event, TextMessage):
                message = self._add(event)
                if message is not None:
                    yield message
            elif isinstance(event, BytesMessage):
                raise Disconnect(BINARY)
            elif isinstance(event, CloseConnection) and self._parser.state is ConnectionState.OPEN:
                raise Disconnect(int(event.code))  # from the parser: the client violated the RFC
            else:
                yield event

    def _add(self, event: TextMessage) -> str | None:
        self._size += len(event.data) if event.data.isascii() else len(event.data.encode())
        if self._size > self._limit or (self._parts is not None and len(self._parts) > PIECES_MAX):
            raise Disconnect(TOO_BIG)
        if event.message_finished and self._parts is None:
            self._size = 0
            return event.data
        if self._parts is None:
            self._parts = []
        self._parts.append(event.data)
        if not event.message_finished:
            return None
        message, self._parts, self._size = "".join(self._parts), None, 0
        return message


def _cost(event: Event) -> float:
    """The cost of a frame: one unit, however short; a long one costs more."""
    if not isinstance(event, TextMessage):
        return 1.0
    return (1.0 if event.frame_finished else PIECE) + len(event.data) / PART
