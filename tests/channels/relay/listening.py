"""A listener that remembers."""

import threading

from channels.relay.events import Event


class Remembers:
    """Offsets (None for events outside the history) and payloads in the order of arrival; "lost" stands for itself."""

    def __init__(self) -> None:
        self.heard: list[int | str | None] = []
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def publication(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self.heard.append(event.position.offset if event.position else None)
            self._changed.notify_all()

    def lost(self) -> None:
        with self._changed:
            self.heard.append("lost")
            self._changed.notify_all()

    def hears(self, offset: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: offset in self.heard, 10), self.heard

    def wait_for(self, expected: list[int | str | None]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.heard) >= len(expected), 10), self.heard
            assert self.heard == expected
