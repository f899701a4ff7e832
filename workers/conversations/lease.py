"""The lease of one try at an answer, kept alive while the agent runs."""

from __future__ import annotations

import time

from models.conversations import leases
from models.conversations.leases import Work
from models.settings import settings
from models.store.database import session

FRESH = 1.0  # seconds after a renewal in which a lease is not renewed again
SPARE = 5.0  # seconds that a lease lasts beyond the agent's own limit


class LeaseLost(Exception):
    """Another worker answers this conversation now, or a person took over: this try ends silently."""


def lease_seconds() -> float:
    """Seconds for which a lease is taken or renewed."""
    return settings().agent_timeout + SPARE


class Lease:
    """Keeps the lease of one try alive. A fresh lease is not renewed: the reply is stored only if the lease still holds."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._renewed = time.monotonic()

    def keep(self) -> None:
        """Renews the lease if need be. Called before each model call. Raises LeaseLost."""
        if time.monotonic() - self._renewed < FRESH:
            return
        with session(durable=False) as db:
            if not leases.renew(db, self._work, lease_seconds()):
                raise LeaseLost
        self._renewed = time.monotonic()
