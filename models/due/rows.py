"""Rows that wait: each has work that is due, and one worker at a time holds it by a lease.

Leases are taken and released by conditional UPDATEs, whose row counts decide, with the database's clock. The lease of a
crashed worker expires. `tries` is counted when a row is taken, so that crashes count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, case, or_, select, true, update
from sqlmodel import Field, Session, SQLModel

from models.clock import SECOND, now_us

WAKE_AGAIN = {0: 15 * SECOND, 1: 30 * SECOND, 2: 60 * SECOND, 3: 120 * SECOND, 4: 240 * SECOND}
WAKE_AGAIN_MAX = 300 * SECOND


class Waits(SQLModel):
    """Columns for a table whose rows wait. Times are microseconds (see models.clock)."""

    tries: int = 0  # of the current work; counted when the lease is taken
    wakes: int = 0  # by the sweeper, since the lease was last taken
    lease: str | None = Field(default=None, max_length=36)
    lease_until: int = Field(default=0, sa_type=BigInteger)
    retry_at: int = Field(default=0, sa_type=BigInteger)  # the row is not taken before this time
    due_at: int | None = Field(default=None, sa_type=BigInteger)  # when the sweeper looks; None: nothing to do


@dataclass(frozen=True)
class Queue:
    """A kind of rows that wait, as conditions on its table.

    `pending`: the row has work. `open`: the work may begin and continue. `woken`: the sweeper wakes the row.
    """

    table: Table
    pending: ColumnElement[bool]
    open: ColumnElement[bool] = field(default_factory=true)
    woken: ColumnElement[bool] = field(default_factory=true)


def take(db: Session, queue: Queue, ids: Sequence[str], lease: str, seconds: float) -> dict[str, int]:
    """Leases the rows that have work and no other worker. Returns id → number of the try.

    An expired lease is taken over even when nothing is pending, since what should follow the last commit may be missing.
    """
    t = queue.table.c
    lock_in_order(db, queue.table, ids)
    free = t.lease.is_(None) & queue.open & queue.pending & (t.retry_at <= now_us())
    abandoned = t.lease.is_not(None) & (t.lease_until < now_us())
    leased = db.execute(
        update(queue.table)
        .where(t.id.in_(list(ids)), or_(free, abandoned))
        .values(lease=lease, tries=t.tries + 1, wakes=0, **_until(seconds))
        .returning(t.id, t.tries)
    )
    return {row.id: row.tries for row in leased.all()}


def renew(db: Session, queue: Queue, row_id: str, lease: str, seconds: float) -> bool:
    """Extends the lease to `seconds` from now. False: another worker has the row, or it is no longer open."""
    t = queue.table.c
    renewed = db.execute(
        update(queue.table).where(t.id == row_id, t.lease == lease, queue.open).values(**_until(seconds))
    )
    return bool(renewed.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has it


def retry_later(db: Session, queue: Queue, row_id: str, lease: str, seconds: float, *, counted: bool = True) -> None:
    """Releases the lease; the row is due again in `seconds`. Pass counted=False when nothing was tried."""
    t = queue.table.c
    at = now_us() + int(seconds * SECOND)
    db.execute(
        update(queue.table)
        .where(t.id == row_id, t.lease == lease)
        .values(lease=None, retry_at=at, due_at=at, tries=t.tries - (0 if counted else 1))
    )


def release(db: Session, queue: Queue, ids: Sequence[str], lease: str, seconds: float) -> list[str]:
    """Releases the leases of rows with nothing pending. Returns the ids of the other rows: they stay leased, and their
    tries begin again at 1."""
    t = queue.table.c
    lock_in_order(db, queue.table, ids)
    has_more, until = queue.pending, now_us() + int(seconds * SECOND)
    rows = db.execute(
        update(queue.table)
        .where(t.id.in_(list(ids)), t.lease == lease)
        .values(
            lease=case((has_more, t.lease), else_=None),
            tries=case((has_more, 1), else_=0),
            lease_until=case((has_more, until), else_=0),
            due_at=case((has_more, until), else_=None),
        )
        .returning(t.id, t.lease)
    )
    return [row.id for row in rows.all() if row.lease]


def due(db: Session, queue: Queue, limit: int) -> list[str]:
    """The ids of rows to wake now. Each is woken again after 15 s, 30 s … 5 min, so that wake-ups do not pile up."""
    t = queue.table.c
    overdue = select(t.id).where(t.due_at <= now_us(), queue.woken)
    ids = list(db.execute(overdue.order_by(t.due_at).limit(limit)).scalars())
    lock_in_order(db, queue.table, ids)
    pause = case(WAKE_AGAIN, value=t.wakes, else_=WAKE_AGAIN_MAX)
    db.execute(
        update(queue.table)
        .where(t.id.in_(ids), t.due_at <= now_us())
        .values(due_at=now_us() + pause, wakes=t.wakes + 1)
    )
    return ids


def lock_in_order(db: Session, table: Table, ids: Sequence[str]) -> None:
    """Locks rows in the order of their ids, so that two transactions never deadlock. SQLite has one writer."""
    if len(ids) > 1 and db.get_bind().dialect.name == "postgresql":
        db.execute(select(table.c.id).where(table.c.id.in_(list(ids))).order_by(table.c.id).with_for_update())


def _until(seconds: float) -> dict[str, Any]:
    until = now_us() + int(seconds * SECOND)
    return {"lease_until": until, "due_at": until}
