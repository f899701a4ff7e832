"""Server-sent events, as the HTML standard, section 9.2, has them."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from flask import Response

from channels import web
from channels.relay.events import Event, Position
from channels.relay.history import since
from channels.relay.mailbox import Lost, Mailbox
from channels.relay.subscriber import subscriber
from ingress.identity.principal import Principal
from ingress.identity.watching import watch

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back
}
PING_EVERY = 15.0
_PING = b": ping\n\n"
_open: weakref.WeakSet[EventStream] = weakref.WeakSet()


def encode(kind: str, data: Mapping[str, Any], event_id: str = "") -> bytes:
    """One event: JSON has no raw newlines, so one `data` line is enough."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _frame(kind, text.encode("utf-8", "replace"), event_id)


def event_stream(
    topic: str,
    last_event_id: str | None = None,
    sock: Any = None,
    ping_every: float = PING_EVERY,
    principal: Principal | None = None,
    prefix: str = "",
    moves: Sequence[Mapping[str, Any]] = (),
) -> EventStream:
    """The topic's events from behind `Last-Event-ID`, else from now on; for `event_response`.

    A conversation that is continued by another one is followed there. `moves` are the events that have said so before,
    `prefix` stands before the ids of the topic's events when they are another conversation's than the one asked for.

    What cannot be told any more is `event: lost`, whose id is where the stream goes on. A reader that lets 1 MiB wait
    is cut off: `sock` (`environ["gunicorn.socket"]`) is how, since a write that waits for it wakes by nothing else.
    It ends when the token of its `principal` is revoked, or expires. Raises RedisAway before the first byte.
    """
    stream = EventStream(topic, sock, ping_every, prefix)
    stream.principal = principal
    try:
        stream.begin(Position.parse(last_event_id or ""), moves, resumes=bool(last_event_id))
        watch().enter(stream)
    except Exception:
        stream.close()
        raise
    return stream


def event_response(events: Iterable[bytes]) -> Response:
    """A response that streams events."""
    return Response(events, headers=HEADERS)


def close_all() -> None:
    """Ends the streams of this process, at a graceful stop; clients come back with their Last-Event-ID."""
    for stream in list(_open):
        stream.stop()


class EventStream:
    """An iterable of bytes with `close`, which WSGI servers call however the response ends (PEP 3333)."""

    def __init__(self, topic: str, sock: Any, ping_every: float, prefix: str) -> None:
        self._topic = topic
        self._prefix = prefix
        self._ping_every = ping_every
        self._sock = sock
        self.principal: Principal | None = None
        self._stopping = threading.Event()
        self._mailbox = Mailbox(self._cut)
        self._sent = subscriber().subscribe(topic, self._mailbox)
        self._first: list[bytes] = []

    def begin(self, position: Position | None, moves: Sequence[Mapping[str, Any]], *, resumes: bool) -> None:
        """Prepares what comes first. Raises RedisAway."""
        self._first = list(self._resume(position or Position("", 0))) if resumes else [self._begin()]
        for move in moves:
            if web.topic_of(move["conversation"]["id"]) == self._topic:
                self._first.append(encode(move["type"], move))
                self._first += self._go_on(move, whole=resumes)
        _open.add(self)

    def _begin(self) -> bytes:
        """Says where the stream begins, so that a client that has seen no event yet can resume."""
        return b"id: %b\n: open\n\n" % self._id(self._sent).encode()

    def _id(self, position: Position) -> str:
        return f"{self._prefix}{position}"

    def _resume(self, position: Position) -> Iterator[bytes]:
        topic, missed = self._topic, since(self._topic, position)
        self._sent = missed.position
        if not missed.recovered:
            yield encode("lost", {"type": "lost"}, self._id(missed.position))
        for event in missed.events:
            if self._topic == topic:
                yield from self._told(event)

    def _told(self, event: Event) -> Iterator[bytes]:
        """The event; and if it says that the conversation goes on in another one, what has happened there."""
        if self._prefix and event.position:
            yield _frame(_type(event), event.payload, self._id(event.position))
        else:
            yield event.encoded(_event)
        yield from self._go_on(event.data, whole=True)

    def _go_on(self, event: Mapping[str, Any], *, whole: bool) -> Iterator[bytes]:
        """Follows the successor that the event names, if it names one: from its beginning, or from now on."""
        topic = web.goes_on_at(event)
        if topic is None or topic == self._topic or web.topic_of(event["conversation"]["id"]) != self._topic:
            return
        self._sent = subscriber().subscribe(topic, self._mailbox)
        subscriber().unsubscribe(self._topic, self._mailbox)
        self._topic, self._prefix = topic, topic.removeprefix(web.topic_of("")) + "/"
        if whole:
            yield from self._resume(Position(self._sent.epoch, 0))
        else:
            yield self._begin()

    def __iter__(self) -> Iterator[bytes]:
        yield from self._first or [b": open\n\n"]
        self._first.clear()
        while not self._stopping.is_set():
            left = self._valid_for()
            found = self._mailbox.take(min(self._ping_every, left))
            if self._stopping.is_set() or self._mailbox.overflowed or self._valid_for() <= 0:
                return
            if found is None:
                yield _PING
            elif isinstance(found, Lost):
                yield from self._resume(self._sent)
            elif self._is_news(found):
                yield from self._told(found)

    def _valid_for(self) -> float:
        """Seconds until the token expires; whoever has a fresh one comes back with it."""
        return self.principal.expires - time.time() if self.principal else float("inf")

    def _is_news(self, event: Event) -> bool:
        """False for what the history has told before, and for what is left of a conversation that has gone on."""
        if event.topic != self._topic:
            return False
        if event.position is None:
            return True
        if event.position.epoch == self._sent.epoch and event.position.offset <= self._sent.offset:
            return False
        self._sent = event.position
        return True

    def stop(self) -> None:
        """Lets the stream end."""
        self._stopping.set()
        self._mailbox.lost()

    def revoke(self, *, outdated: bool) -> None:
        """Ends, since the token is void; the client comes back and is refused, or has a fresh one."""
        del outdated
        self.stop()

    def close(self) -> None:
        """Stops listening."""
        watch().leave(self)
        subscriber().unsubscribe(self._topic, self._mailbox)

    def _cut(self) -> None:
        """By a twin: gevent's own shutdown raises EBADF in the writing greenlet, which gunicorn logs as a fault."""
        if self._sock is not None:
            with suppress(OSError), socket.socket(fileno=os.dup(self._sock.fileno())) as twin:
                twin.shutdown(socket.SHUT_RDWR)


def _event(event: Event) -> bytes:
    return _frame(_type(event), event.payload, str(event.position) if event.position else "")


def _type(event: Event) -> str:
    return str(event.data.get("type", "message"))


def _frame(kind: str, data: bytes, event_id: str) -> bytes:
    """An event outside the history has no id, so the client's Last-Event-ID stays where it was."""
    named = b"id: %b\n" % event_id.encode() if event_id else b""
    return named + b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
