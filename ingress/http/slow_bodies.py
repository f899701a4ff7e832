"""A deadline for a request's body: a client that sends a byte a second would hold a connection for days.

Gunicorn's gevent worker gives a request's head `keepalive` seconds in all, and its body as long as the client likes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
from werkzeug.exceptions import RequestTimeout

WITHIN = 10.0  # seconds for any body
RATE = 16 * 1024  # bytes for each further second
UNTOLD = 1 << 20  # bytes: the largest body that does not say its length


class TimedBody:
    """`wsgi.input` with a deadline, which begins with the first read. Needs gevent.

    Raises RequestTimeout (408). Gunicorn closes the connection then, for nobody knows where a next request would begin.
    """

    def __init__(self, body: Any, length: str) -> None:
        size = int(length) if length.isascii() and length.isdecimal() else UNTOLD
        self._body = body
        self._seconds = WITHIN + size / RATE
        self._deadline: float | None = None

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all."""
        return self._timed(self._body.read, size)

    def readline(self, size: int = -1) -> bytes:
        """One line."""
        return self._timed(self._body.readline, size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        """All lines."""
        del hint
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _timed(self, read: Callable[[int], bytes], size: int) -> bytes:
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._seconds
        with gevent.Timeout(max(0.001, self._deadline - now), RequestTimeout()):
            return read(size)
