"""What a client may send: a token bucket that every frame draws from, whatever is in it, before anybody looks inside."""

from __future__ import annotations

import time

from ingress.sockets.protocol import TOO_MANY, Disconnect

PART = 64 * 1024  # bytes that cost as much as a frame
TURN = 16.0  # units after which other sockets and requests get a turn


class Budget:
    """`rate` units a second, `most` at once. A frame costs one unit, and one more for each 64 KiB."""

    __slots__ = ("_left", "_most", "_rate", "_seen", "_turn")

    def __init__(self, rate: float, most: float) -> None:
        self._rate = rate
        self._most = self._left = most
        self._seen = time.monotonic()
        self._turn = 0.0

    def spend(self, units: float) -> None:
        """Takes so many units. Raises Disconnect when they are not there. Under gevent it may let others run first."""
        now = time.monotonic()
        self._left = min(self._left + (now - self._seen) * self._rate, self._most) - units
        self._seen = now
        if self._left < 0:
            raise Disconnect(TOO_MANY)
        self._turn += units
        if self._turn >= TURN:
            self._turn = 0.0
            time.sleep(0)
