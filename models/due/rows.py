"""Rows that wait: each has something due, and one worker at a time holds it by a lease.

Leases are taken and given back by conditional UPDATEs, whose row counts decide, by the database's clock. A crash leaves
a lease that runs out. `tries` is counted when a row is taken, so that crashes count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, case, or_, select, true, update
from sqlmodel import Field, Session, SQLModel

from models.clock import SECOND, now_us

LOOK_AGAIN = {0: 15 * SECOND, 1: 30 * SECOND, 2: 60 * SECOND, 3: 120 * SECOND, 4: 240 * SECOND}
LAST_LOOK = 300 * SECOND


class Waits(SQLModel):
    """The columns of a table whose rows wait. Times are microseconds (see models.clock)."""

    tries: int = 0  # at what is being done; counted when the lease is taken
    wakes: int = 0  # by the sweeper, since the lease was last taken
    lease: str | None = Field(default=None, max_length=36)
    lease_until: int = Field(default=0, sa_type=BigInteger)
    retry_at: int = Field(default=0, sa_type=BigInteger)  # not to be taken before
    due_at: int | None = Field(default=None, sa_type=BigInteger)  # when the sweeper looks; None: nothing to do


@dataclass(frozen=True)
class Queue:
    """One kind of rows that wait, as conditions on its table.

    `pending`: the row has something to do. `open`: work on it may begin and go on. `woken`: the sweeper wakes it.
    """

    table: Table
    pending: ColumnElement[bool]
    open: ColumnElement[bool] = field(default_factory=true)
    woken: ColumnElement[bool] = field(default_factory=true)


def take(db: Session, queue: Queue, ids: Sequence[str], lease: str, seconds: float) -> dict[str, int]:
    """Leases those rows that have something due and that no other worker has. Returns id → number of the try.

    A lease that has run out is taken over even when nothing is pending: what followed the last commit may be missing.
    """
    t = queue.table.c
    lock_in_order(db, queue.table, ids)
    free = t.lease.is_(None) & queue.open & queue.pending & (t.retry_at <= now_us())
    abandoned = t.lease.is_not(None) & (t.lease_until < now_us())
    taken = db.execute(
        update(queue.table)
        .where(t.id.in_(list(ids)), or_(free, abandoned))
        .values(lease=lease, tries=t.tries + 1, wakes=0, **_until(seconds))
        .returning(t.id, t.tries)
    )
    return {row.id: row.tries for row in taken.all()}


def renew(db: Session, queue: Queue, row_id: str, lease: str, seconds: float) -> bool:
    """Keeps the lease for `seconds` more. False: another worker has it now, or the row is no longer open."""
    t = queue.table.c
    kept = db.execute(update(queue.table).where(t.id == row_id, t.lease == lease, queue.open).values(**_until(seconds)))
    return bool(kept.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has it


def retry_later(db: Session, queue: Queue, row_id: str, lease: str, seconds: float, *, counted: bool = True) -> None:
    """Gives the lease back; the row is due again in `seconds`. Not counted: nothing was tried at all."""
    t = queue.table.c
    at = now_us() + int(seconds * SECOND)
    db.execute(
        update(queue.table)
        .where(t.id == row_id, t.lease == lease)
        .values(lease=None, retry_at=at, due_at=at, tries=t.tries - (0 if counted else 1))
    )


def release(db: Session, queue: Queue, ids: Sequence[str], lease: str, seconds: float) -> list[str]:
    """Gives back the leases of rows with nothing pending. Returns the ids of the others: they stay leased, and their
    tries begin anew."""
    t = queue.table.c
    lock_in_order(db, queue.table, ids)
    more, until = queue.pending, now_us() + int(seconds * SECOND)
    left = db.execute(
        update(queue.table)
        .where(t.id.in_(list(ids)), t.lease == lease)
        .values(
            lease=case((more, t.lease), else_=None),
            tries=case((more, 1), else_=0),
            lease_until=case((more, until), else_=0),
            due_at=case((more, until), else_=None),
        )
        .returning(t.id, t.lease)
    )
    return [row.id for row in left.all() if row.lease]


def due(db: Session, queue: Queue, limit: int) -> list[str]:
    """Rows to wake now. Each is looked at again in 15 s, 30 s … 5 min, so that nothing is woken in a storm."""
    t = queue.table.c
    overdue = select(t.id).where(t.due_at <= now_us(), queue.woken)
    ids = list(db.execute(overdue.order_by(t.due_at).limit(limit)).scalars())
    lock_in_order(db, queue.table, ids)
    pause = case(LOOK_AGAIN, value=t.wakes, else_=LAST_LOOK)
    db.execute(
        update(queue.table)
        .where(t.id.in_(ids), t.due_at <= now_us())
        .values(due_at=now_us() + pause, wakes=t.wakes + 1)
    )
    return ids


def lock_in_order(db: Session, table: Table, ids: Sequence[str]) -> None:
    """Locks rows by id, so that two that lock several never wait for each other in a circle. SQLite has one writer."""
    if len(ids) > 1 and db.get_bind().dialect.name == "postgresql":
        db.execute(select(table.c.id).where(table.c.id.in_(list(ids))).order_by(table.c.id).with_for_update())


def _until(seconds: float) -> dict[str, Any]:
    until = now_us() + int(seconds * SECOND)
    return {"lease_until": until, "due_at": until}
