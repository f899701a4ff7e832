"""How much of this process one caller holds at a time: requests under way, sockets, streams and waiting requests."""

from __future__ import annotations

from models.errors import TooMany
from models.settings import settings

RETRY_AFTER = 10.0  # seconds; nobody knows when a socket will be closed


class Occupancy:
    """Counts by caller. It relies on gevent: between two calls that wait, nothing else runs."""

    def __init__(self, limit: str) -> None:
        self._limit = limit
        self._held: dict[str, int] = {}

    def enter(self, who: str, most: int) -> None:
        """Takes a place. Raises TooMany when the caller has `most` already."""
        if self._held.get(who, 0) >= most and settings().ratelimit_enabled:
            raise TooMany(self._limit, RETRY_AFTER)
        self._held[who] = self._held.get(who, 0) + 1

    def leave(self, who: str) -> None:
        """Gives a place back."""
        left = self._held[who] - 1
        if left:
            self._held[who] = left
        else:
            del self._held[who]
