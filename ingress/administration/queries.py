"""Queries of superusers: users, roles and the audit trail."""

from __future__ import annotations

from typing import Any

from ingress.accounts.profile import shown, shown_all
from models.accounts import audit, roles
from models.errors import Invalid
from models.people import users
from models.store.database import reading
from models.texts import is_storable

NO_CURSOR = "is not a cursor from this list"


def page_of_users(search: str | None, after: str | None, limit: int) -> dict[str, Any]:
    """Users in the order of their creation. Raises Invalid for an invalid cursor."""
    cursor = _cursor(after) if after is not None else None
    with reading() as db:
        rows = users.page(db, cursor, limit + 1, search)
        last = rows[limit - 1] if len(rows) > limit else None
        more = f"{last.created_at}.{last.id}" if last else None
        return {"items": shown_all(db, rows[:limit]), "next": more}


def _cursor(after: str) -> tuple[int, str]:
    created_at, _, user_id = after.partition(".")
    if not is_storable(user_id):
        raise Invalid("after", NO_CURSOR)
    return _number(created_at), user_id


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise Invalid("after", NO_CURSOR)
    return int(text)


def user(user_id: str) -> dict[str, Any]:
    """The user. Raises NotFound."""
    with reading() as db:
        return shown(db, users.get(db, user_id))


def all_roles() -> list[dict[str, Any]]:
    """Every role, by name."""
    with reading() as db:
        return [roles.shown(row) for row in roles.all_roles(db)]


def page_of_audit(after: str | None, limit: int, **filters: str | None) -> dict[str, Any]:
    """Entries of the audit trail, newest first. Raises Invalid for an invalid cursor."""
    before = _number(after) if after is not None else None
    with reading() as db:
        rows = audit.page(db, before, limit + 1, **filters)
        more = str(rows[limit - 1].id) if len(rows) > limit else None
        return {"items": [audit.shown(row) for row in rows[:limit]], "next": more}
