"""How much one caller holds in this process at a time: requests, sockets, streams and waiting requests."""

from __future__ import annotations

from models.errors import TooMany
from models.settings import settings

RETRY_AFTER = 10.0  # seconds; when a socket will be closed is unknown


class Occupancy:
    """Counts per caller. Relies on gevent: between two blocking calls, no other greenlet runs."""

    def __init__(self, limit: str) -> None:
        self._limit = limit
        self._held: dict[str, int] = {}

    def enter(self, holder: str, limit: int) -> None:
        """Takes a place. Raises TooMany when the caller already has `limit` places."""
        if self._held.get(holder, 0) >= limit and settings().ratelimit_enabled:
            raise TooMany(self._limit, RETRY_AFTER)
        self._held[holder] = self._held.get(holder, 0) + 1

    def leave(self, holder: str) -> None:
        """Releases a place."""
        remaining = self._held[holder] - 1
        if remaining:
            self._held[holder] = remaining
        else:
            del self._held[holder]
