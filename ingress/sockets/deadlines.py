"""Deadlines of one socket: connecting, pings and pongs, and the expiry of its token. Times are monotonic seconds."""

from __future__ import annotations

import time

from ingress.identity.principal import Principal
from ingress.sockets.options import Options
from ingress.sockets.protocol import EXPIRED, NO_PONG, STALE


class Deadlines:
    """`principal` is None as long as the client has not connected."""

    __slots__ = ("_connect_by", "_next_ping", "_options", "_pong_by", "first")

    def __init__(self, options: Options) -> None:
        now = time.monotonic()
        self._options = options
        self._connect_by = now + options.connect_within
        self._next_ping = now + options.ping_every
        self._pong_by: float | None = None
        self.first = min(self._connect_by, self._next_ping)

    def overdue(self, now: float, principal: Principal | None, *, busy: bool) -> int | None:
        """The close code of a deadline that has passed, or None. `busy`: a command keeps the socket from reading a pong."""
        if principal is None:
            return STALE if now >= self._connect_by else None
        if self._expires_in(principal) <= 0:
            return EXPIRED
        return NO_PONG if self._pong_by is not None and now >= self._pong_by and not busy else None

    def is_ping_due(self, now: float) -> bool:
        """Whether to send a ping now. If so, the next ping and the pong get new deadlines."""
        if now < self._next_ping:
            return False
        self._next_ping = now + self._options.ping_every
        if self._pong_by is None:
            self._pong_by = now + self._options.pong_within
        return True

    def note_pong(self) -> None:
        """The client has answered the last ping."""
        self._pong_by = None

    def next(self, now: float, principal: Principal | None) -> float:
        """The time of the next deadline."""
        if principal is None:
            return self._connect_by
        return min(self._next_ping, self._pong_by or self._next_ping, now + self._expires_in(principal))

    def _expires_in(self, principal: Principal) -> float:
        return principal.expires + self._options.expired_within - time.time()
