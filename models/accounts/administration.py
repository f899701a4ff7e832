"""What superusers do to other users' accounts. Each change adds an audit entry in the same transaction.

What a change makes void is returned as `Revoked`; the caller announces it after the commit (see
channels.relay.revocations).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from models.accounts import addresses, api_keys, audit, roles, sessions, superusers, verifications
from models.accounts.audit import Actor
from models.accounts.revocations import Revoked
from models.accounts.roles import Role
from models.people import users
from models.people.users import User


def create(db: Session, actor: Actor, email: str, *, role_ids: Sequence[str] = (), **fields: Any) -> User:
    """The new user, with these roles. Raises Conflict (the address is taken), Invalid (an unknown role).

    A superuser proves no address, so an address that any account holds counts as taken."""
    user_id = str(uuid.uuid4())
    addresses.check_unheld(db, user_id, email)
    row = users.add(db, user_id, email, **fields)
    roles.assign(db, row.id, role_ids)
    rights = {"superuser": row.is_superuser, "roles": sorted(set(role_ids))}
    audit.record(db, "user.created", actor.id, row.id, actor.address, **rights)
    return row


def change(db: Session, actor: Actor, user_id: str, **changes: Any) -> Revoked:
    """Changes fields. A new address is unverified; a new `password_hash` ends all sessions. Raises NotFound, Conflict."""
    row = users.lock(db, user_id)
    if changes.get("email", row.email) != row.email:
        addresses.check_unheld(db, user_id, changes["email"])
    for name, kind in (("email", verifications.EMAIL), ("phone_number", verifications.PHONE)):
        if name in changes and changes[name] != getattr(row, name):
            changes[f"{kind}_verified"] = False
            verifications.forget(db, user_id, kind)
    users.change(db, user_id, **changes)
    names = sorted(set(changes) - {"password_hash"})
    if names:
        audit.record(db, "user.changed", actor.id, user_id, actor.address, fields=names)
    if "password_hash" not in changes:
        return Revoked()
    audit.record(db, "password.changed", actor.id, user_id, actor.address)
    return Revoked(sessions=sessions.end_all(db, user_id))


def disable(db: Session, actor: Actor, user_id: str) -> Revoked:
    """Closes every way into the account. Raises NotFound, Conflict (the last superuser)."""
    superusers.check_not_last(db, superusers.lock(db, user_id))
    users.change(db, user_id, is_active=False)
    revoked = [*sessions.end_all(db, user_id), *api_keys.ids_of(db, user_id)]
    audit.record(db, "user.disabled", actor.id, user_id, actor.address)
    return Revoked(sessions=revoked, generations=users.renew_rights(db, [user_id]))


def enable(db: Session, actor: Actor, user_id: str) -> Revoked:
    """The user may sign in again, and the API keys work again; sessions stay ended. Raises NotFound."""
    users.change(db, user_id, is_active=True)
    audit.record(db, "user.enabled", actor.id, user_id, actor.address)
    # A session may have begun while the account was being disabled.
    return Revoked(sessions=sessions.end_all(db, user_id))


def set_superuser(db: Session, actor: Actor, user_id: str, is_superuser: bool) -> Revoked:
    """Makes the user a superuser, or no longer one. Raises NotFound, Conflict (the last superuser)."""
    row = superusers.lock(db, user_id)
    if row.is_superuser == is_superuser:
        return Revoked(generations={user_id: row.generation})  # announces it again, in case the first time failed
    if not is_superuser:
        superusers.check_not_last(db, row)
    users.change(db, user_id, is_superuser=is_superuser)
    action = "superuser.granted" if is_superuser else "superuser.withdrawn"
    audit.record(db, action, actor.id, user_id, actor.address)
    return Revoked(generations=users.renew_rights(db, [user_id]))


def set_roles(db: Session, actor: Actor, user_id: str, role_ids: Sequence[str]) -> Revoked:
    """Gives the user exactly these roles. Raises NotFound, Invalid (an unknown role)."""
    roles.assign(db, user_id, role_ids)
    audit.record(db, "roles.changed", actor.id, user_id, actor.address, roles=sorted(set(role_ids)))
    return Revoked(generations=users.renew_rights(db, [user_id]))


def add_role(db: Session, actor: Actor, name: str, description: str, permissions: Sequence[str]) -> Role:
    """The new role. Raises Invalid (an unknown permission), Conflict (the name is taken)."""
    row = roles.add(db, name, description, permissions)
    audit.record(db, "role.created", actor.id, None, actor.address, role=row.id, permissions=row.permissions)
    return row


def remove_role(db: Session, actor: Actor, role_id: str) -> Revoked:
    """Deletes the role and takes it from everyone who has it. Raises NotFound, Conflict (built in)."""
    holders = roles.remove(db, role_id)
    audit.record(db, "role.deleted", actor.id, None, actor.address, role=role_id, users=len(holders))
    return Revoked(generations=users.renew_rights(db, holders))
