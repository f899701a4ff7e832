"""The audit trail: who did what to whom, from where. Rows are only ever added: the database refuses anything else.

It holds ids, never names or secrets; each entry is also a line of the logger `auth`. What a caller may do again and
again is told one by one at first, then by its number (see `tally`), so that nobody can fill the table.
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
DELETED = "user.deleted"  # what a deleted user leaves behind
REPEATABLE = frozenset(
    ("session.begun", "session.refused", "session.ended", "sessions.ended", "passkey.cloned", "password.refused",
     "code.refused", "user.changed")
)  # fmt: skip
_ID_MAX = 2**31 - 1  # PostgreSQL refuses to compare with more


@dataclass(frozen=True)
class Actor:
    """Who does something, and from where; nobody's id and address stand for the command line."""

    id: str | None = None
    address: str | None = None


class Audit(SQLModel, table=True):
    """One entry. `actor` and `subject` are users' ids; nobody is the actor of a failed sign-in."""

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
    """Adds an entry: `action` is `thing.done`, such as `session.begun`. Of what repeats many times only some get one,
    whose detail says how many `times` it was."""
    if action in REPEATABLE:
        times = tally.count((action, actor, subject, network_of(address or "")))
        if not tally.is_told(times):
            return
        detail |= {"times": times} if times > tally.FREE else {}
    db.add(Audit(at=microseconds(), action=action, actor=actor, subject=subject, address=address, detail=detail))
    said = {"actor": actor, "subject": subject, "address": address, **detail}
    log.info("%s %s", action, " ".join(f"{name}={value}" for name, value in said.items() if value is not None))


def page(db: Session, before: int | None, limit: int, **exactly: str | None) -> list[Audit]:
    """Entries, the newest first, with an id below `before`; `exactly` filters by action, actor or subject."""
    a = audit.c
    query = select(Audit).order_by(a.id.desc()).limit(limit)
    if before is not None:
        query = query.where(a.id < min(before, _ID_MAX))
    for name, value in exactly.items():
        if value is not None:
            query = query.where(a[name] == value)
    return list(db.execute(query).scalars())


def shown(row: Audit) -> dict[str, Any]:
    """An entry as superusers see it."""
    who = {"actor": row.actor, "subject": row.subject, "address": row.address}
    return {"id": str(row.id), "at": rfc3339(row.at), "action": row.action, **who, "detail": row.detail}
