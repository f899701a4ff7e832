"""A clock for all sockets of a process, in one greenlet: pings, expiry and deadlines."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

_log = logging.getLogger(__name__)


class Timed(Protocol):
    """Something with deadlines."""

    def tick(self, now: float) -> float | None:
        """Does what is due. Returns the time of the next call (monotonic seconds), or None for none."""


class Clock:
    """Starts with the first entry. `grain`: how late a tick may be, in seconds."""

    def __init__(self, grain: float) -> None:
        self._grain = grain
        self._due: list[tuple[float, int, Timed]] = []
        self._number = itertools.count()
        self._thread: threading.Thread | None = None
        self.each_round: Callable[[], None] = lambda: None

    def at(self, when: float, timed: Timed) -> None:
        """Calls `timed.tick` at that time."""
        heapq.heappush(self._due, (when, next(self._number), timed))
        self.start()

    def start(self) -> None:
        """Starts the clock, if it does not run yet."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="socket-clock", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(self._grain)
            try:
                self.each_round()
            except Exception:  # noqa: BLE001 - logged with its trace; the clock goes on
                _log.exception("The round of the clock failed")
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                self._tick(heapq.heappop(self._due)[2], now)

    def _tick(self, timed: Timed, now: float) -> None:
        try:
            next_time = timed.tick(now)
        except Exception:  # noqa: BLE001 - logged with its trace; the clock goes on
            _log.exception("A tick failed")
            return
        if next_time is not None:
            heapq.heappush(self._due, (max(next_time, now + self._grain), next(self._number), timed))
