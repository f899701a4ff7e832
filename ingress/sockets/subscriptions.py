"""One subscription of one socket: recovery first, then live, each event once and in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from channels.relay.events import Event, Position
from channels.relay.history import Missed, since
from channels.relay.subscriber import subscriber
from ingress.sockets import frames
from ingress.sockets.protocol import BAD_REQUEST, INSUFFICIENT_STATE, UNRECOVERABLE, Disconnect, Refused, encode

HELD_AT_MOST = 1000
_REJECT_UNRECOVERED = 2  # of the command's `flag`: rather an error than a start from now


class Subscription:
    """A listener of the relay. Until `go_live` it holds what arrives; `on_lost` tells the socket to drop it.

    `_told`: what the reply has told already may still be on its way from Redis, and is dropped when it comes.

    Like Wire, it relies on gevent: between two calls that wait, nothing else runs.
    """

    __slots__ = ("_channel", "_held", "_on_lost", "_send", "_told")

    def __init__(self, channel: str, send: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self._channel = channel
        self._send = send
        self._on_lost = on_lost
        self._held: list[Event] | None = []
        self._told: Position | None = None

    def publication(self, event: Event) -> None:
        """Pushes the event; the frame is made once for all sockets."""
        if self._held is None:
            if self._told is None or self._is_news(event):
                self._send(event.encoded(push))
        elif len(self._held) < HELD_AT_MOST:
            self._held.append(event)
        else:
            self.lost()

    def lost(self) -> None:
        """Tells the client to subscribe again, and from where it will be told then."""
        recovering = self._held is not None
        self._on_lost(self._channel)
        if recovering:
            return  # the command has not been answered yet: its answer will be an error
        told = {"code": INSUFFICIENT_STATE, "reason": "insufficient state"}
        self._send(frames.text(encode({"push": {"channel": self._channel, "unsubscribe": told}})))

    def enter(self, params: dict[str, Any], largest: int) -> tuple[bytes, Position]:
        """Subscribes. Returns the reply's JSON object and the position up to which it tells. Raises RedisAway."""
        claimed = _claimed(params)
        position = subscriber().subscribe(self._channel, self)
        missed = Missed(False, position)
        if claimed is not None:
            missed = since(self._channel, claimed)
            if sum(len(event.payload) for event in missed.events) > largest:
                missed = Missed(False, missed.position)
            if not missed.recovered and _flag(params) & _REJECT_UNRECOVERED:
                raise Refused(UNRECOVERABLE)
        return _reply(missed, was_recovering=claimed is not None), missed.position

    def go_live(self, told: Position) -> None:
        """Pushes what arrived behind the position, then everything at once as it comes."""
        held, self._held, self._told = self._held or [], None, told
        for event in held:
            self.publication(event)

    def _is_news(self, event: Event) -> bool:
        told = self._told
        if told is None or event.position is None:
            return True
        if event.position.epoch == told.epoch and event.position.offset <= told.offset:
            return False
        self._told = None  # what follows is newer still
        return True

    def leave(self) -> None:
        """Unsubscribes."""
        subscriber().unsubscribe(self._channel, self)


def _claimed(params: dict[str, Any]) -> Position | None:
    epoch, offset = params.get("epoch", ""), params.get("offset", 0)
    if not isinstance(epoch, str) or not epoch.isascii() or type(offset) is not int or not 0 <= offset < 1 << 53:
        raise Disconnect(BAD_REQUEST)
    return Position(epoch, offset) if params.get("recover") is True else None


def _flag(params: dict[str, Any]) -> int:
    flag = params.get("flag", 0)
    return flag if type(flag) is int else 0


def _publication(event: Event) -> bytes:
    if event.position is None:
        return b'{"data":%b}' % event.payload
    return b'{"offset":%d,"data":%b}' % (event.position.offset, event.payload)


def push(event: Event) -> bytes:
    """The text frame of a publication."""
    channel = encode(event.topic)
    return frames.text(b'{"push":{"channel":%b,"pub":%b}}' % (channel, event.encoded(_publication)))


def _reply(missed: Missed, *, was_recovering: bool) -> bytes:
    fields = {
        "recoverable": True,
        "positioned": True,
        "epoch": missed.position.epoch,
        "offset": missed.position.offset,
        "was_recovering": was_recovering,
        "recovered": was_recovering and missed.recovered,
    }
    told = b",".join(event.encoded(_publication) for event in missed.events)
    return encode(fields)[:-1] + b',"publications":[%b]}' % told
