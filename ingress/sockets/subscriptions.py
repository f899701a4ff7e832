"""One subscription of one socket: recovery first, then live events, each once and in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from channels.relay.events import Event, Position
from channels.relay.history import Missed, since
from channels.relay.subscriber import subscriber
from ingress.sockets import frames
from ingress.sockets.protocol import BAD_REQUEST, INSUFFICIENT_STATE, UNRECOVERABLE, Disconnect, Refused, encode

HELD_AT_MOST = 1000
_REJECT_UNRECOVERED = 2  # a bit of the command's `flag`: prefer an error to a start from now


class Subscription:
    """A listener of the relay. Until `go_live` it holds arriving events; `on_lost` tells the socket to drop it.

    `_replied_up_to`: the position of the reply. Events up to it may still be on their way from Redis, and are dropped.

    Like Wire, it relies on gevent: between two blocking calls, no other greenlet runs.
    """

    __slots__ = ("_channel", "_held", "_on_lost", "_replied_up_to", "_send")

    def __init__(self, channel: str, send: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self._channel = channel
        self._send = send
        self._on_lost = on_lost
        self._held: list[Event] | None = []
        self._replied_up_to: Position | None = None

    def publication(self, event: Event) -> None:
        """Pushes the event. Its frame is made once for all sockets."""
        if self._held is None:
            if self._replied_up_to is None or self._is_news(event):
                self._send(event.encoded(push))
        elif len(self._held) < HELD_AT_MOST:
            self._held.append(event)
        else:
            self.lost()

    def lost(self) -> None:
        """Tells the client to subscribe again; then it learns what was lost."""
        recovering = self._held is not None
        self._on_lost(self._channel)
        if recovering:
            return  # the command has no reply yet: it will be an error
        unsubscribe = {"code": INSUFFICIENT_STATE, "reason": "insufficient state"}
        self._send(frames.text(encode({"push": {"channel": self._channel, "unsubscribe": unsubscribe}})))

    def enter(self, params: dict[str, Any], size_max: int) -> tuple[bytes, Position]:
        """Subscribes. Returns the reply's JSON object and the position up to which it contains events. Raises RedisAway."""
        claimed = _claimed(params)
        position = subscriber().subscribe(self._channel, self)
        missed = Missed(False, position)
        if claimed is not None:
            missed = since(self._channel, claimed)
            if sum(len(event.payload) for event in missed.events) > size_max:
                missed = Missed(False, missed.position)
            if not missed.recovered and _flag(params) & _REJECT_UNRECOVERED:
                raise Refused(UNRECOVERABLE)
        return _reply(missed, was_recovering=claimed is not None), missed.position

    def go_live(self, position: Position) -> None:
        """Pushes the events that arrived after the position, and from now on each event as it comes."""
        held, self._held, self._replied_up_to = self._held or [], None, position
        for event in held:
            self.publication(event)

    def _is_news(self, event: Event) -> bool:
        position = self._replied_up_to
        if position is None or event.position is None:
            return True
        if event.position.epoch == position.epoch and event.position.offset <= position.offset:
            return False
        self._replied_up_to = None  # everything after it is newer, too
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
    publications = b",".join(event.encoded(_publication) for event in missed.events)
    return encode(fields)[:-1] + b',"publications":[%b]}' % publications
