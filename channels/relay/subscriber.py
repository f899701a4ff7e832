"""One Redis subscriber per process, which passes events on to all listeners of the process.

The order that loses nothing, as in Centrifugo: the listener is added, Redis confirms SUBSCRIBE, and only then is the
stream's position read. So everything after that position reaches the listener.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from functools import cache

from channels.relay.events import Event, Listener, Position
from channels.relay.history import positions, since
from channels.relay.link import PREFIX, Link
from channels.relay.topic import Topic
from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS

CONFIRM_WITHIN = 5.0
IDLE_BEFORE_UNSUBSCRIBE = 5.0
LOCATE_AT_MOST = 256
YIELD_ABOVE = 100
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
_log = logging.getLogger(__name__)


class Subscriber:
    """Topics, their listeners, and the only thread that reads. It starts with the first subscription."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._topics: dict[str, Topic] = {}
        self._idle: dict[str, float] = {}
        self._next_round = 0.0
        self._unlocated: list[Topic] = []
        self._link: Link | None = None
        self._reader: threading.Thread | None = None

    def subscribe(self, name: str, listener: Listener) -> Position:
        """Adds the listener and waits for Redis' confirmation. Raises RedisAway after 5 s.

        Everything after the returned position reaches the listener; some events before it may, too.
        """
        with self._lock:
            topic = self._topics.get(name) or self._add(name)
            topic.add(listener)
            self._idle.pop(name, None)
            ready = topic.ready
        if ready is not None and not ready.wait(CONFIRM_WITHIN):
            self.unsubscribe(name, listener)
            raise RedisAway
        assert topic.position is not None
        return topic.position

    def unsubscribe(self, name: str, listener: Listener) -> None:
        """Removes the listener. The topic itself is unsubscribed a little later, since many listeners return at once."""
        with self._lock:
            topic = self._topics.get(name)
            if topic is not None and topic.remove(listener) == 0:
                self._idle[name] = time.monotonic()

    def listeners(self, name: str) -> int:
        """How many listeners a topic has."""
        topic = self._topics.get(name)
        return topic.listener_count if topic is not None else 0

    def _add(self, name: str) -> Topic:
        topic = self._topics[name] = Topic(name)
        if self._reader is None:
            self._reader = threading.Thread(target=self._run, name="relay-subscriber", daemon=True)
            self._reader.start()
        if self._link is not None:
            # The reader will notice the lost connection, too, and subscribe to everything.
            with suppress(*REDIS_ERRORS):
                self._link.subscribe([name])
        return topic

    def _run(self) -> None:
        failures = 0
        while True:
            try:
                self._attach()
                while True:
                    self._step()
                    # Being attached is not enough: positions must be readable.
                    failures = failures if self._unlocated else 0
            except (*REDIS_ERRORS, RedisAway) as error:
                if failures == 0:
                    _log.warning("The relay's subscriber lost Redis: %s", error)
            except Exception:  # noqa: BLE001 - logged with its trace; the subscriber goes on
                _log.exception("The relay's subscriber starts over")
            self._detach()
            time.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1

    def _attach(self) -> None:
        link = Link()
        with self._lock:
            self._link = link
            for topic in self._topics.values():
                topic.unconfirmed = True
            link.subscribe(list(self._topics))

    def _detach(self) -> None:
        self._unlocated.clear()
        with self._lock:
            link, self._link = self._link, None
        if link is not None:
            link.close()

    def _step(self) -> None:
        link = self._link
        if link is None:
            return
        match link.read():
            case [b"subscribe", channel, _]:
                self._on_confirmation(channel)
            case [b"message", channel, message]:
                self._dispatch(channel, message)
        if self._unlocated and (len(self._unlocated) >= LOCATE_AT_MOST or not link.more()):
            self._locate()
        if self._idle:
            self._unsubscribe_idle()

    def _topic(self, channel: bytes) -> Topic | None:
        return self._topics.get(channel.decode()[len(PREFIX) :])

    def _on_confirmation(self, channel: bytes) -> None:
        if (topic := self._topic(channel)) is not None:
            topic.unconfirmed = False
            self._unlocated.append(topic)

    def _dispatch(self, channel: bytes, message: bytes) -> None:
        if (topic := self._topic(channel)) is None:
            return
        offset, epoch, payload = message.split(b":", 2)
        position = Position(epoch.decode(), int(offset)) if offset else None
        event = Event(topic.name, position, payload)
        if not topic.follows(position):
            self._catch_up(topic)  # reads this event, too, since it is in the stream
        elif topic.is_news(position):
            topic.deliver(event)
        if topic.listener_count > YIELD_ABOVE:
            time.sleep(0)  # under gevent all other greenlets have waited meanwhile

    def _locate(self) -> None:
        """Reads the positions of confirmed topics, delivers what a lost connection missed, and releases waiting callers."""
        topics, self._unlocated = self._unlocated[:LOCATE_AT_MOST], self._unlocated[LOCATE_AT_MOST:]
        for topic, position in zip(topics, positions([topic.name for topic in topics]), strict=True):
            if topic.position is None:
                topic.position = position
            elif topic.is_behind(position):
                self._catch_up(topic)
            topic.confirm()

    def _catch_up(self, topic: Topic) -> None:
        assert topic.position is not None
        missed = since(topic.name, topic.position)
        for event in missed.events:
            topic.deliver(event)
        if not missed.recovered:
            # After a wiped Redis there are thousands of these lines.
            _log.info("The history of %s no longer has what was missed", topic.name)
            topic.lose(missed.position)

    def _unsubscribe_idle(self) -> None:
        now = time.monotonic()
        if now < self._next_round:
            return
        self._next_round = now + 1.0
        with self._lock:
            expired = [name for name, since in self._idle.items() if now - since > IDLE_BEFORE_UNSUBSCRIBE]
            expired = [name for name in expired if not self._topics[name].unconfirmed]
            for name in expired:
                del self._idle[name], self._topics[name]
            if expired and self._link is not None:
                self._link.unsubscribe(expired)


@cache
def subscriber() -> Subscriber:
    """This process's subscriber."""
    return Subscriber()
