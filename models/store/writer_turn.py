"""The turn to write: SQLite has one writer, so a process lets its own wait in the order in which they came."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import DatabaseAway


class WriterTurn:
    """One holder at a time.

    Its lock is gevent's in the ingress and native in the workers. Neither may be shared by greenlets and native threads:
    gevent's lock loses wake-ups between native threads, and a native lock stops every greenlet.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    @contextmanager
    def taken(self, timeout: float) -> Iterator[None]:
        """Inside, the turn is the caller's. Waits for `timeout` seconds. Raises DatabaseAway."""
        if not self._lock.acquire(timeout=timeout):
            raise DatabaseAway
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None
            self._lock.release()

    def held_for(self) -> float:
        """Seconds since the present holder took the turn; 0 when nobody has it."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since
