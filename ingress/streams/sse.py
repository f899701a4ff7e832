"""Streams of server-sent events: a topic's events, with resume, for one client."""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from channels import web
from channels.relay.events import Event, Position
from channels.relay.history import since
from channels.relay.mailbox import Lost, Mailbox
from channels.relay.subscriber import subscriber
from ingress.identity.principal import Principal
from ingress.identity.watching import watch
from ingress.streams.event_frames import OPEN, PING, begin, encode, of_event, with_id

PING_EVERY = 15.0
_open: weakref.WeakSet[EventStream] = weakref.WeakSet()


def event_stream(
    topic: str,
    last_event_id: str | None = None,
    sock: Any = None,
    ping_every: float = PING_EVERY,
    principal: Principal | None = None,
    prefix: str = "",
    moves: Sequence[Mapping[str, Any]] = (),
) -> EventStream:
    """The topic's events after `Last-Event-ID`, or else from now on; for `event_response`.

    Follows a conversation to the one that continues it. `moves`: the events that have announced this before. `prefix`:
    stands before the ids of events that belong to another conversation than the one in the request.

    Events that the history no longer has are replaced by `event: lost`, whose id is where the stream continues. A reader
    that lets 1 MiB wait is cut off through `sock` (`environ["gunicorn.socket"]`), since nothing else wakes a blocked write.
    The stream ends when the token of its `principal` is revoked or expires. Raises RedisAway before the first byte.
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


def close_all() -> None:
    """Ends the streams of this process, at a graceful stop; clients return with their Last-Event-ID."""
    for stream in list(_open):
        stream.stop()


class EventStream:
    """An iterable of bytes with `close`, which WSGI servers always call at the end of the response (PEP 3333)."""

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
        """Prepares the first frames. Raises RedisAway."""
        self._first = list(self._resume(position or Position("", 0))) if resumes else [self._begin()]
        for move in moves:
            if web.topic_of(move["conversation"]["id"]) == self._topic:
                self._first.append(encode(move["type"], move))
                self._first += self._follow(move, whole=resumes)
        _open.add(self)

    def _begin(self) -> bytes:
        """The frame that says where the stream begins."""
        return begin(self._id(self._sent))

    def _id(self, position: Position) -> str:
        return f"{self._prefix}{position}"

    def _resume(self, position: Position) -> Iterator[bytes]:
        topic, missed = self._topic, since(self._topic, position)
        self._sent = missed.position
        if not missed.recovered:
            yield encode("lost", {"type": "lost"}, self._id(missed.position))
        for event in missed.events:
            if self._topic == topic:
                yield from self._frames_of(event)

    def _frames_of(self, event: Event) -> Iterator[bytes]:
        """The event's frame; if it announces a successor of the conversation, also the successor's events so far."""
        if self._prefix and event.position:
            yield with_id(event, self._id(event.position))
        else:
            yield event.encoded(of_event)
        yield from self._follow(event.data, whole=True)

    def _follow(self, event: Mapping[str, Any], *, whole: bool) -> Iterator[bytes]:
        """Follows the successor that the event names, if any. `whole`: from its beginning, otherwise from now on."""
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
        yield from self._first or [OPEN]
        self._first.clear()
        while not self._stopping.is_set():
            seconds = self._valid_for()
            item = self._mailbox.take(min(self._ping_every, seconds))
            if self._stopping.is_set() or self._mailbox.overflowed or self._valid_for() <= 0:
                return
            if item is None:
                yield PING
            elif isinstance(item, Lost):
                yield from self._resume(self._sent)
            elif self._is_news(item):
                yield from self._frames_of(item)

    def _valid_for(self) -> float:
        """Seconds until the token expires; then the client must return with a fresh one."""
        return self.principal.expires - time.time() if self.principal else float("inf")

    def _is_news(self, event: Event) -> bool:
        """False for an event that the history has delivered, or that belongs to a conversation which the stream has left."""
        if event.topic != self._topic:
            return False
        if event.position is None:
            return True
        if event.position.epoch == self._sent.epoch and event.position.offset <= self._sent.offset:
            return False
        self._sent = event.position
        return True

    def stop(self) -> None:
        """Ends the stream."""
        self._stopping.set()
        self._mailbox.lost()

    def revoke(self, *, outdated: bool) -> None:
        """Ends the stream, since the token is void. The client returns and is refused, or has a fresh token."""
        del outdated
        self.stop()

    def close(self) -> None:
        """Stops listening."""
        watch().leave(self)
        subscriber().unsubscribe(self._topic, self._mailbox)

    def _cut(self) -> None:
        """Shuts a duplicate of the socket down: gevent's shutdown raises EBADF in the writing greenlet, which is logged."""
        if self._sock is not None:
            with suppress(OSError), socket.socket(fileno=os.dup(self._sock.fileno())) as twin:
                twin.shutdown(socket.SHUT_RDWR)
