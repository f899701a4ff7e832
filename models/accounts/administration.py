"""What superusers do to others' accounts. Each change leaves an entry in the audit trail, in the same transaction.

What a change makes void is returned as `Revoked`, to be made known behind the commit (see channels.relay.revocations).
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


def create(db: Session, actor: Actor, email: str, *, role_ids: Sequence[str] = (), **said: Any) -> User:
    """A new user with these roles. Raises Conflict (taken), Invalid (a role there is not).

    What a superuser says of an address proves nothing, so one that any account holds is taken."""
    user_id = str(uuid.uuid4())
    addresses.check_unheld(db, user_id, email)
    made = users.add(db, user_id, email, **said)
    roles.give(db, made.id, role_ids)
    rights = {"superuser": made.is_superuser, "roles": sorted(set(role_ids))}
    audit.record(db, "user.created", actor.id, made.id, actor.address, **rights)
    return made


def change(db: Session, actor: Actor, user_id: str, **changes: Any) -> Revoked:
    """Changes fields; a new address is unverified, a new `password_hash` ends all sessions. Raises NotFound, Conflict."""
    found = users.lock(db, user_id)
    if changes.get("email", found.email) != found.email:
        addresses.check_unheld(db, user_id, changes["email"])
    for name, kind in (("email", verifications.EMAIL), ("phone_number", verifications.PHONE)):
        if name in changes and changes[name] != getattr(found, name):
            changes[f"{kind}_verified"] = False
            verifications.forget(db, user_id, kind)
    users.change(db, user_id, **changes)
    fields = sorted(set(changes) - {"password_hash"})
    if fields:
        audit.record(db, "user.changed", actor.id, user_id, actor.address, fields=fields)
    if "password_hash" not in changes:
        return Revoked()
    audit.record(db, "password.changed", actor.id, user_id, actor.address)
    return Revoked(sessions=sessions.end_all(db, user_id))


def disable(db: Session, actor: Actor, user_id: str) -> Revoked:
    """Nobody enters this account any more, by whatever way. Raises NotFound, Conflict (the last superuser)."""
    superusers.check_not_last(db, superusers.lock(db, user_id))
    users.change(db, user_id, is_active=False)
    ended = [*sessions.end_all(db, user_id), *api_keys.ids_of(db, user_id)]
    audit.record(db, "user.disabled", actor.id, user_id, actor.address)
    return Revoked(sessions=ended, generations=users.renew_rights(db, [user_id]))


def enable(db: Session, actor: Actor, user_id: str) -> Revoked:
    """The user may sign in again, and the API keys work again; sessions stay ended. Raises NotFound."""
    users.change(db, user_id, is_active=True)
    audit.record(db, "user.enabled", actor.id, user_id, actor.address)
    return Revoked(sessions=sessions.end_all(db, user_id))  # one may have begun at the moment of disabling


def set_superuser(db: Session, actor: Actor, user_id: str, is_superuser: bool) -> Revoked:
    """Makes a user superuser, or no longer. Raises NotFound, Conflict (the last one)."""
    found = superusers.lock(db, user_id)
    if found.is_superuser == is_superuser:
        return Revoked(generations={user_id: found.generation})  # told once more, should it not have been
    if not is_superuser:
        superusers.check_not_last(db, found)
    users.change(db, user_id, is_superuser=is_superuser)
    action = "superuser.granted" if is_superuser else "superuser.withdrawn"
    audit.record(db, action, actor.id, user_id, actor.address)
    return Revoked(generations=users.renew_rights(db, [user_id]))


def set_roles(db: Session, actor: Actor, user_id: str, role_ids: Sequence[str]) -> Revoked:
    """The user has exactly these roles. Raises NotFound, Invalid (a role there is not)."""
    roles.give(db, user_id, role_ids)
    audit.record(db, "roles.changed", actor.id, user_id, actor.address, roles=sorted(set(role_ids)))
    return Revoked(generations=users.renew_rights(db, [user_id]))


def add_role(db: Session, actor: Actor, name: str, description: str, permissions: Sequence[str]) -> Role:
    """A new role. Raises Invalid (a permission there is not), Conflict (the name is taken)."""
    made = roles.add(db, name, description, permissions)
    audit.record(db, "role.created", actor.id, None, actor.address, role=made.id, permissions=made.permissions)
    return made


def remove_role(db: Session, actor: Actor, role_id: str) -> Revoked:
    """Takes the role from everybody. Raises NotFound, Conflict (built in)."""
    had = roles.remove(db, role_id)
    audit.record(db, "role.deleted", actor.id, None, actor.address, role=role_id, users=len(had))
    return Revoked(generations=users.renew_rights(db, had))
