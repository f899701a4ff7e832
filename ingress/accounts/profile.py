"""The caller's own user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from ingress.http.addresses import client_address
from ingress.identity.principal import Principal
from models.accounts import audit, roles
from models.people import users
from models.people.users import User
from models.store.database import reading, session


def me(principal: Principal) -> dict[str, Any]:
    """The caller's own user."""
    with reading() as db:
        return shown(db, users.get(db, principal.id))


def shown(db: Session, user: User) -> dict[str, Any]:
    """A user as JSON, with roles."""
    return shown_all(db, [user])[0]


def shown_all(db: Session, rows: Sequence[User]) -> list[dict[str, Any]]:
    """Users as JSON, with roles, in the order of the rows. One query reads all roles."""
    by_user = roles.of_users(db, [row.id for row in rows])
    return [users.shown(row, [roles.shown(role) for role in by_user.get(row.id, ())]) for row in rows]


def change(principal: Principal, **changes: Any) -> dict[str, Any]:
    """Changes the caller's own fields. Raises Conflict when the username is taken."""
    with session() as db:
        user = users.change(db, principal.id, **changes)
        audit.record(db, "user.changed", principal.id, principal.id, client_address(), fields=sorted(changes))
        return shown(db, user)
