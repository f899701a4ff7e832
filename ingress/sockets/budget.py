"""A budget for what a client sends: a token bucket from which every frame takes, before anything looks at its content."""

from __future__ import annotations

import time

from ingress.sockets.protocol import TOO_MANY, Disconnect

PART = 64 * 1024  # bytes that cost as much as a frame
TURN = 16.0  # units after which other sockets and requests get a turn


class Budget:
    """`rate` units per second, at most `capacity` saved up. A frame costs one unit, plus one per 64 KiB."""

    __slots__ = ("_capacity", "_left", "_rate", "_seen", "_turn")

    def __init__(self, rate: float, capacity: float) -> None:
        self._rate = rate
        self._capacity = self._left = capacity
        self._seen = time.monotonic()
        self._turn = 0.0

    def spend(self, units: float) -> None:
        """Takes the units. Raises Disconnect when there are too few. Under gevent it may let other greenlets run first."""
        now = time.monotonic()
        self._left = min(self._left + (now - self._seen) * self._rate, self._capacity) - units
        self._seen = now
        if self._left < 0:
            raise Disconnect(TOO_MANY)
        self._turn += units
        if self._turn >= TURN:
            self._turn = 0.0
            time.sleep(0)
