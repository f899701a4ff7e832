"""The audit trail: who did what to whom, and from where. The database refuses to change or delete an entry.

Entries hold ids, never names or secrets; each one is also logged by the logger `auth`. For actions that a caller can
repeat at will, only some occurrences are recorded (see `tally`), so that nobody can fill the table.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Table, select
from sqlmodel import Field, Session, SQLModel

from models.accounts import tally
from models.clock import microseconds, rfc3339
from models.networks import network_of

log = logging.getLogger("auth")
DELETED = "user.deleted"  # the entry that remains of a deleted user
REPEATABLE = frozenset(
    ("session.begun", "session.refused", "session.ended", "sessions.ended", "passkey.cloned", "password.refused",
     "code.refused", "user.changed")
)  # fmt: skip
_ID_MAX = 2**31 - 1  # PostgreSQL refuses to compare the column with a larger number


@dataclass(frozen=True)
class Actor:
    """The user who acts, and their address. The command line has neither."""

    id: str | None = None
    address: str | None = None


class Audit(SQLModel, table=True):
    """One entry. `actor` and `subject` are ids of users; a failed sign-in has no actor."""

    id: int | None = Field(default=None, primary_key=True)
    at: int = Field(sa_type=BigInteger, index=True)
    action: str = Field(max_length=40, index=True)
    actor: str | None = Field(default=None, max_length=36, index=True)
    subject: str | None = Field(default=None, max_length=36, index=True)
    address: str | None = Field(default=None, max_length=45)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


audit = cast(Table, Audit.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def record(
    db: Session,
    /,
    action: str,
    actor: str | None,
    subject: str | None = None,
    address: str | None = None,
    **detail: Any,
) -> None:
    """Adds an entry. `action` is `thing.done`, such as `session.begun`. Of an action that is repeated many times, only some
    occurrences are recorded; their detail says how many `times` it happened."""
    if action in REPEATABLE:
        times = tally.count((action, actor, subject, network_of(address or "")))
        if not tally.is_recorded(times):
            return
        detail |= {"times": times} if times > tally.RECORDED_ALWAYS else {}
    db.add(Audit(at=microseconds(), action=action, actor=actor, subject=subject, address=address, detail=detail))
    logged = {"actor": actor, "subject": subject, "address": address, **detail}
    log.info("%s %s", action, " ".join(f"{name}={value}" for name, value in logged.items() if value is not None))


def page(db: Session, before: int | None, limit: int, **filters: str | None) -> list[Audit]:
    """Entries with an id below `before`, newest first. `filters`: exact values of action, actor or subject."""
    a = audit.c
    query = select(Audit).order_by(a.id.desc()).limit(limit)
    if before is not None:
        query = query.where(a.id < min(before, _ID_MAX))
    for name, value in filters.items():
        if value is not None:
            query = query.where(a[name] == value)
    return list(db.execute(query).scalars())


def shown(row: Audit) -> dict[str, Any]:
    """An entry as JSON for superusers."""
    parties = {"actor": row.actor, "subject": row.subject, "address": row.address}
    return {"id": str(row.id), "at": rfc3339(row.at), "action": row.action, **parties, "detail": row.detail}
