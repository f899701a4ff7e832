"""The turn to write: SQLite has one writer, so the writers of a process wait for each other in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import DatabaseAway


class WriterTurn:
    """A lock with one holder at a time.

    It is gevent's lock in the ingress and a native one in the workers. Neither may be shared by greenlets and native
    threads: gevent's lock loses wake-ups between native threads, and a native lock blocks every greenlet.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    @contextmanager
    def hold(self, timeout: float) -> Iterator[None]:
        """Holds the turn inside the `with` block. Waits at most `timeout` seconds. Raises DatabaseAway."""
        if not self._lock.acquire(timeout=timeout):
            raise DatabaseAway
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None
            self._lock.release()

    def held_for(self) -> float:
        """Seconds for which the current holder has held the turn; 0 without a holder."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since
