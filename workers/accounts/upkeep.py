"""The sweeper's steps for accounts."""

from __future__ import annotations

from collections.abc import Iterable

from channels.relay.revocations import revoke
from models.accounts import revocation_recovery, sessions
from models.clock import microseconds
from models.store.database import session
from workers.runtime.effects import Effects

BATCH = 500


def repeat_revocations() -> Iterable[Effects]:
    """Repeats revocations that a crash or an outage of Redis kept from being announced. Deletes old sessions."""
    now, since = microseconds(), revocation_recovery.repeated_until()
    with session(durable=False) as db:
        revoked = revocation_recovery.revoked_since(db, since)
        sessions.forget_old(db, BATCH)
    revoke(revocation_recovery.missing_in_redis(revoked))
    revocation_recovery.note_repeated(now)
    return ()
