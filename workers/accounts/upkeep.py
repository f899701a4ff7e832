"""The sweeper's steps for accounts."""

from __future__ import annotations

from collections.abc import Iterable

from channels.relay.revocations import revoke
from models.accounts import revocation_recovery, sessions
from models.clock import microseconds
from models.store.database import session
from workers.runtime.effects import Effects

LOT = 500


def repeat_revocations() -> Iterable[Effects]:
    """Repeats what a process that died, or a Redis that was away, has kept from being told; forgets old sessions."""
    now, repeated = microseconds(), revocation_recovery.repeated()
    with session(durable=False) as db:
        recent = revocation_recovery.recent(db, repeated)
        sessions.forget_old(db, LOT)
    revoke(revocation_recovery.untold(recent))
    revocation_recovery.note_repeated(now)
    return ()
