"""Roles: a name for permissions. Routes check permissions, never roles."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import JSON, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel

from models.errors import Conflict, Invalid, NotFound
from models.people import users

OPERATE, FEEDBACK = "operate", "feedback"
PERMISSIONS = {
    OPERATE: "See all conversations, without rate limits",
    FEEDBACK: "Ask registered users for feedback",
}


class Role(SQLModel, table=True):
    """A set of permissions. The built-in ones cannot be deleted."""

    id: str = Field(primary_key=True, max_length=36)
    name: str = Field(max_length=100, unique=True)
    description: str = Field(default="", max_length=500)
    permissions: list[str] = Field(default_factory=list, sa_type=JSON)
    built_in: bool = False


class UserRole(SQLModel, table=True):
    """A user's role."""

    __tablename__ = "user_role"

    user_id: str = Field(foreign_key="users.id", primary_key=True, max_length=36)
    role_id: str = Field(foreign_key="role.id", primary_key=True, max_length=36, index=True)


role = cast(Table, Role.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped
user_role = cast(Table, UserRole.__table__)  # type: ignore[attr-defined]


def all_roles(db: Session) -> Sequence[Role]:
    """Every role, by name."""
    return list(db.execute(select(Role).order_by(role.c.name)).scalars())


def of_user(db: Session, user_id: str) -> Sequence[Role]:
    """The user's roles, by name."""
    return of_users(db, [user_id]).get(user_id, ())


def of_users(db: Session, user_ids: Sequence[str]) -> dict[str, list[Role]]:
    """The roles of each of these users, by name. A user without roles has no entry."""
    of_role = user_role.c.role_id == role.c.id
    query = select(user_role.c.user_id, Role).join(user_role, of_role).where(user_role.c.user_id.in_(list(user_ids)))
    by_user: dict[str, list[Role]] = {}
    for user_id, row in db.execute(query.order_by(role.c.name)):
        by_user.setdefault(user_id, []).append(row)
    return by_user


def permissions_of(db: Session, user_id: str) -> list[str]:
    """The permissions that the user's roles grant, sorted."""
    return sorted({permission for row in of_user(db, user_id) for permission in row.permissions})


def add(db: Session, name: str, description: str, permissions: Sequence[str]) -> Role:
    """The new role. Raises Invalid for an unknown permission, Conflict for a name that is taken."""
    unknown = set(permissions) - set(PERMISSIONS)
    if unknown:
        raise Invalid("permissions", f"may contain only {', '.join(PERMISSIONS)}")
    row = Role(id=str(uuid.uuid4()), name=name, description=description, permissions=sorted(set(permissions)))
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict("A role with this name already exists.") from None
    return row


def remove(db: Session, role_id: str) -> list[str]:
    """Deletes a role. Returns the ids of the users who had it. Raises NotFound, Conflict (built in)."""
    row = db.get(Role, role_id, with_for_update=True)  # so that nobody gets the role meanwhile
    if row is None:
        raise NotFound("There is no such role.")
    if row.built_in:
        raise Conflict("A built-in role cannot be deleted.")
    holders = db.execute(delete(user_role).where(user_role.c.role_id == role_id).returning(user_role.c.user_id))
    ids = list(holders.scalars())
    db.delete(row)
    return ids


def assign(db: Session, user_id: str, role_ids: Sequence[str]) -> None:
    """Replaces the user's roles by these. Raises Invalid for an unknown role, NotFound for the user.

    Roles are locked before users, as when a role is deleted. Of two concurrent calls the second one wins.
    """
    query = select(role.c.id).where(role.c.id.in_(list(role_ids))).order_by(role.c.id).with_for_update(read=True)
    existing = set(db.execute(query).scalars())
    if set(role_ids) - existing:
        raise Invalid("role_ids", "names a role that does not exist")
    users.lock(db, user_id)
    db.execute(delete(user_role).where(user_role.c.user_id == user_id))
    if existing:
        db.execute(insert(user_role), [{"user_id": user_id, "role_id": role_id} for role_id in sorted(existing)])


def shown(row: Role) -> dict[str, Any]:
    """A role as JSON."""
    fields = {"id": row.id, "name": row.name, "description": row.description}
    return fields | {"permissions": row.permissions, "built_in": row.built_in}
