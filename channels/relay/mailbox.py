"""A mailbox: a listener that one thread reads like a queue."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from channels.relay.events import Event

HOLDS_BYTES = 1 << 20


class Lost:
    """An item of a mailbox: events are missing before the items that follow."""


class Mailbox:
    """Holds at most 1 MiB of payload. When full it accepts nothing more, calls `on_overflow` once, and ends with Lost."""

    def __init__(self, on_overflow: Callable[[], None] | None = None) -> None:
        self._queue: queue.SimpleQueue[Event | Lost] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held = 0
        self._on_overflow = on_overflow
        self.overflowed = False

    def publication(self, event: Event) -> None:
        """Stores the event for the reader."""
        with self._lock:
            if self.overflowed:
                return
            self._held += len(event.payload)
            self.overflowed = self._held > HOLDS_BYTES
        if not self.overflowed:
            self._queue.put(event)
            return
        self._queue.put(Lost())
        if self._on_overflow is not None:
            self._on_overflow()

    def lost(self) -> None:
        """Stores a Lost for the reader."""
        self._queue.put(Lost())

    def take(self, timeout: float) -> Event | Lost | None:
        """The next item, Event or Lost; None when none came in time (seconds)."""
        try:
            item = self._queue.get(timeout=max(0.0, timeout))
        except queue.Empty:
            return None
        if isinstance(item, Event):
            with self._lock:
                self._held -= len(item.payload)
        return item
