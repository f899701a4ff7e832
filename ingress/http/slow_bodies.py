"""A deadline for request bodies: a client that sends one byte per second could hold a connection for days.

Gunicorn's gevent worker limits the time for a request's head to `keepalive` seconds, but not the time for its body.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
from werkzeug.exceptions import RequestTimeout

WITHIN = 10.0  # seconds for any body
RATE = 16 * 1024  # bytes for each further second
UNSTATED = 1 << 20  # bytes: the largest body that does not state its length


class TimedBody:
    """`wsgi.input` with a deadline, which begins with the first read. Needs gevent.

    Raises RequestTimeout (408). Gunicorn then closes the connection, since the start of a next request is unknown.
    """

    def __init__(self, body: Any, length: str) -> None:
        size = int(length) if length.isascii() and length.isdecimal() else UNSTATED
        self._body = body
        self._seconds = WITHIN + size / RATE
        self._deadline: float | None = None

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, or all."""
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
