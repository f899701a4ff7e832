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
    """Who has which role."""

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
    """The roles of each of these users, by name; who has none is left out."""
    of_role = user_role.c.role_id == role.c.id
    query = select(user_role.c.user_id, Role).join(user_role, of_role).where(user_role.c.user_id.in_(list(user_ids)))
    found: dict[str, list[Role]] = {}
    for user_id, held in db.execute(query.order_by(role.c.name)):
        found.setdefault(user_id, []).append(held)
    return found


def permissions_of(db: Session, user_id: str) -> list[str]:
    """What the user's roles permit, sorted."""
    return sorted({permission for one in of_user(db, user_id) for permission in one.permissions})


def add(db: Session, name: str, description: str, permissions: Sequence[str]) -> Role:
    """A new role. Raises Invalid for a permission there is not, Conflict for a name there is."""
    unknown = set(permissions) - set(PERMISSIONS)
    if unknown:
        raise Invalid("permissions", f"may contain only {', '.join(PERMISSIONS)}")
    made = Role(id=str(uuid.uuid4()), name=name, description=description, permissions=sorted(set(permissions)))
    try:
        with db.begin_nested():
            db.add(made)
    except IntegrityError:
        raise Conflict("A role with this name already exists.") from None
    return made


def remove(db: Session, role_id: str) -> list[str]:
    """Deletes a role. Returns the ids of those who had it. Raises NotFound, or Conflict for a built-in one."""
    found = db.get(Role, role_id, with_for_update=True)  # nobody is given it meanwhile
    if found is None:
        raise NotFound("There is no such role.")
    if found.built_in:
        raise Conflict("A built-in role cannot be deleted.")
    had = db.execute(delete(user_role).where(user_role.c.role_id == role_id).returning(user_role.c.user_id))
    ids = list(had.scalars())
    db.delete(found)
    return ids


def give(db: Session, user_id: str, role_ids: Sequence[str]) -> None:
    """The user has exactly these roles from now on. Raises Invalid for one there is not, NotFound for the user.

    Roles are locked before users, as by whoever deletes a role; and of two who give at once the second has the last word.
    """
    named = select(role.c.id).where(role.c.id.in_(list(role_ids))).order_by(role.c.id).with_for_update(read=True)
    known = set(db.execute(named).scalars())
    if set(role_ids) - known:
        raise Invalid("role_ids", "names a role that does not exist")
    users.lock(db, user_id)
    db.execute(delete(user_role).where(user_role.c.user_id == user_id))
    if known:
        db.execute(insert(user_role), [{"user_id": user_id, "role_id": one} for one in sorted(known)])


def shown(row: Role) -> dict[str, Any]:
    """A role as clients see it."""
    named = {"id": row.id, "name": row.name, "description": row.description}
    return named | {"permissions": row.permissions, "built_in": row.built_in}
