"""Deleting a user: their own data is deleted, their messages stay without a name, and the audit trail stays."""

from __future__ import annotations

from sqlalchemy import delete
from sqlmodel import Session

from models.accounts import api_keys, audit, sessions, superusers
from models.accounts.api_keys import api_key
from models.accounts.audit import Actor
from models.accounts.passkeys import passkey
from models.accounts.revocations import GONE, Revoked
from models.accounts.roles import user_role
from models.accounts.sessions import device_session
from models.accounts.verifications import verification
from models.conversations import adoption
from models.people.users import user

OWNED = (verification, passkey, api_key, user_role, device_session)


def remove(db: Session, actor: Actor, user_id: str) -> Revoked:
    """Deletes the user. Returns what is void; announce it after the commit.

    Raises NotFound, Conflict (the last superuser).
    """
    superusers.check_not_last(db, superusers.lock(db, user_id))
    revoked = [*sessions.end_all(db, user_id), *api_keys.ids_of(db, user_id)]
    adoption.release_user(db, user_id)
    for table in OWNED:
        db.execute(delete(table).where(table.c.user_id == user_id))
    db.execute(delete(user).where(user.c.id == user_id))
    audit.record(db, audit.DELETED, actor.id, user_id, actor.address)
    return Revoked(sessions=revoked, generations={user_id: GONE})
