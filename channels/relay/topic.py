"""One topic of the subscriber: its listeners, and how far it has been read."""

from __future__ import annotations

import logging
import threading

from channels.relay.events import Event, Listener, Position

_log = logging.getLogger(__name__)
_listeners_lock = threading.Lock()


class Topic:
    """A topic of this process. `ready` is set and removed once Redis has confirmed the subscription and `position` is
    known.

    `unconfirmed`: the confirmation of a SUBSCRIBE has not been read yet. Only the reader delivers. It updates `position`
    before it takes the list of listeners, and a new listener is added before `position` is read, so nothing is missed
    between the two.
    """

    __slots__ = ("_listeners", "_snapshot", "name", "position", "ready", "unconfirmed")

    def __init__(self, name: str) -> None:
        self.name = name
        self.position: Position | None = None
        self.unconfirmed = True
        self.ready: threading.Event | None = threading.Event()
        self._listeners: dict[Listener, None] = {}
        self._snapshot: tuple[Listener, ...] | None = None

    @property
    def listener_count(self) -> int:
        """The number of listeners."""
        return len(self._listeners)

    def add(self, listener: Listener) -> None:
        """Adds a listener."""
        with _listeners_lock:
            self._listeners[listener] = None
            self._snapshot = None

    def remove(self, listener: Listener) -> int:
        """Removes a listener. Returns the number of those that remain."""
        with _listeners_lock:
            self._listeners.pop(listener, None)
            self._snapshot = None
            return len(self._listeners)

    def confirm(self) -> None:
        """Releases the subscribers that wait for the confirmation."""
        ready, self.ready = self.ready, None
        if ready is not None:
            ready.set()

    def follows(self, position: Position | None) -> bool:
        """False when events are missing between what was read and this position."""
        if position is None or self.position is None:
            return True
        return position.epoch == self.position.epoch and position.offset <= self.position.offset + 1

    def is_news(self, position: Position | None) -> bool:
        """False for an event that was already delivered from the history."""
        return position is None or self.position is None or position.offset > self.position.offset

    def is_behind(self, newest: Position) -> bool:
        """Whether the stream has moved on, or begun again, since the last event read."""
        return newest != self.position

    def deliver(self, event: Event) -> None:
        """Hands the event to all listeners. A fault of one listener does not affect the others."""
        if event.position is not None:
            self.position = event.position
        for listener in self._all_listeners():
            try:
                listener.publication(event)
            except Exception:  # noqa: BLE001 - logged with its trace; the other listeners go on
                _log.exception("A listener of %s failed", self.name)

    def lose(self, position: Position) -> None:
        """Tells all listeners that events are missing, and continues from the position."""
        self.position = position
        for listener in self._all_listeners():
            try:
                listener.lost()
            except Exception:  # noqa: BLE001 - logged with its trace; the other listeners go on
                _log.exception("A listener of %s failed", self.name)

    def _all_listeners(self) -> tuple[Listener, ...]:
        snapshot = self._snapshot
        if snapshot is None:
            with _listeners_lock:
                snapshot = self._snapshot = tuple(self._listeners)
        return snapshot
