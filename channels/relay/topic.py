"""One topic of the subscriber: who listens, and how far the topic has been read."""

from __future__ import annotations

import logging
import threading

from channels.relay.events import Event, Listener, Position

_log = logging.getLogger(__name__)
_crowd = threading.Lock()


class Topic:
    """`ready` is set and forgotten once Redis has confirmed the subscription and `position` is known.

    `asked`: a SUBSCRIBE is under way whose confirmation has not been read. Only the reader delivers. It moves
    `position` before it takes the list of listeners, and a newcomer is entered before `position` is read: nothing falls
    between the two.
    """

    __slots__ = ("_listeners", "_snapshot", "asked", "name", "position", "ready")

    def __init__(self, name: str) -> None:
        self.name = name
        self.position: Position | None = None
        self.asked = True
        self.ready: threading.Event | None = threading.Event()
        self._listeners: dict[Listener, None] = {}
        self._snapshot: tuple[Listener, ...] | None = None

    @property
    def crowd(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def enter(self, listener: Listener) -> None:
        """Adds a listener."""
        with _crowd:
            self._listeners[listener] = None
            self._snapshot = None

    def leave(self, listener: Listener) -> int:
        """Removes a listener and counts those who stay."""
        with _crowd:
            self._listeners.pop(listener, None)
            self._snapshot = None
            return len(self._listeners)

    def confirm(self) -> None:
        """Lets those go on who wait for the subscription."""
        ready, self.ready = self.ready, None
        if ready is not None:
            ready.set()

    def follows(self, position: Position | None) -> bool:
        """False when something is missing between what was read and this."""
        if position is None or self.position is None:
            return True
        return position.epoch == self.position.epoch and position.offset <= self.position.offset + 1

    def is_news(self, position: Position | None) -> bool:
        """False for what the history has already told."""
        return position is None or self.position is None or position.offset > self.position.offset

    def is_behind(self, top: Position) -> bool:
        """True when the stream has moved on, or begun anew, since the last event read."""
        return top != self.position

    def deliver(self, event: Event) -> None:
        """Hands the event to everyone. One listener's fault is not another's."""
        if event.position is not None:
            self.position = event.position
        for listener in self._everyone():
            try:
                listener.publication(event)
            except Exception:  # noqa: BLE001 - logged with its trace; one fault ends nothing else
                _log.exception("A listener of %s failed", self.name)

    def lose(self, position: Position) -> None:
        """Tells everyone that something is missing, and goes on from the position."""
        self.position = position
        for listener in self._everyone():
            try:
                listener.lost()
            except Exception:  # noqa: BLE001 - logged with its trace; one fault ends nothing else
                _log.exception("A listener of %s failed", self.name)

    def _everyone(self) -> tuple[Listener, ...]:
        snapshot = self._snapshot
        if snapshot is None:
            with _crowd:
                snapshot = self._snapshot = tuple(self._listeners)
        return snapshot
