"""Leases: one worker at a time answers a conversation. Taken and given back by conditional UPDATEs, whose row counts
decide, by the database's clock.

A crash leaves a lease that runs out. `tries` is counted at the taking, so that crashes count, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, or_, select, update
from sqlmodel import Session

from models.clock import SECOND, now_us
from models.conversations import messages
from models.conversations.conversations import AGENT, CLOSED, conversation

LOOK_AGAIN = {0: 15 * SECOND, 1: 30 * SECOND, 2: 60 * SECOND, 3: 120 * SECOND, 4: 240 * SECOND}
LAST_LOOK = 300 * SECOND


@dataclass(frozen=True)
class Work:
    """A leased conversation, its oldest message that awaits a reply (None: only to publish again), and the history."""

    conversation_id: str
    lease: str
    try_number: int
    asked: Row[Any] | None
    history: Sequence[Row[Any]]


def take(session: Session, ids: Sequence[str], lease: str, seconds: float, history: int) -> list[Work]:
    """Leases those of the conversations that have something due and that nobody else has."""
    c = conversation.c
    due = (c.state == AGENT) & (c.pending > 0) & (c.retry_at <= now_us())
    _lock_in_order(session, ids)
    free = c.lease.is_(None) & due
    abandoned = c.lease.is_not(None) & (c.lease_until < now_us())
    taken = session.execute(
        update(conversation)
        .where(c.id.in_(list(ids)), or_(free, abandoned))
        .values(lease=lease, tries=c.tries + 1, wakes=0, **_until(seconds))
        .returning(c.id, c.tries)
    ).all()
    return [_work(session, row.id, lease, row.tries, history) for row in taken]


def _lock_in_order(session: Session, ids: Sequence[str]) -> None:
    """Two that lock several rows never wait for each other in a circle: everybody locks by id. SQLite has one writer."""
    if len(ids) > 1 and session.get_bind().dialect.name == "postgresql":
        c = conversation.c
        session.execute(select(c.id).where(c.id.in_(list(ids))).order_by(c.id).with_for_update())


def _until(seconds: float) -> dict[str, Any]:
    until = now_us() + int(seconds * SECOND)
    return {"lease_until": until, "due_at": until}


def _work(session: Session, conversation_id: str, lease: str, try_number: int, count: int) -> Work:
    asked = messages.next_awaiting(session, conversation_id)
    before = messages.history(session, conversation_id, asked.position, count) if asked and asked.position > 1 else ()
    return Work(conversation_id, lease, try_number, asked, before)


def renew(session: Session, work: Work, seconds: float) -> bool:
    """Keeps the lease for `seconds` more. False: it is somebody else's now, or a person took over."""
    c = conversation.c
    kept = session.execute(
        update(conversation)
        .where(c.id == work.conversation_id, c.lease == work.lease, c.state == AGENT)
        .values(**_until(seconds))
    )
    return bool(kept.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has it


def retry_later(session: Session, work: Work, seconds: float, *, counted: bool = True) -> None:
    """Gives the lease back; the conversation is due again in `seconds`. Not counted: no model was asked at all."""
    c = conversation.c
    at = now_us() + int(seconds * SECOND)
    session.execute(
        update(conversation)
        .where(c.id == work.conversation_id, c.lease == work.lease)
        .values(lease=None, retry_at=at, due_at=at, tries=c.tries - (0 if counted else 1))
    )


def release(session: Session, lease: str, ids: Sequence[str], seconds: float) -> list[str]:
    """Gives back the leases of conversations with nothing pending. Returns those with more: they stay leased."""
    c = conversation.c
    _lock_in_order(session, ids)
    mine = (c.id.in_(list(ids))) & (c.lease == lease)
    more = c.pending > 0
    until = now_us() + int(seconds * SECOND)
    left = session.execute(
        update(conversation)
        .where(mine)
        .values(
            lease=case((more, c.lease), else_=None),
            tries=case((more, 1), else_=0),
            lease_until=case((more, until), else_=0),
            due_at=case((more, until), else_=None),
        )
        .returning(c.id, c.pending)
    ).all()
    return [row.id for row in left if row.pending]


def again(session: Session, ids: Sequence[str], lease: str, history: int) -> list[Work]:
    """The next message of conversations that stayed leased."""
    return [_work(session, id_, lease, 1, history) for id_ in ids]


def due(session: Session, limit: int) -> list[str]:
    """Conversations to wake now. Each is looked at again in 15 s, 30 s … 5 min, so that nothing is woken in a storm."""
    c = conversation.c
    overdue = select(c.id).where(c.due_at <= now_us(), c.state != CLOSED)  # a closed one waits for `silence`
    ids = list(session.execute(overdue.order_by(c.due_at).limit(limit)).scalars())
    _lock_in_order(session, ids)
    pause = case(LOOK_AGAIN, value=c.wakes, else_=LAST_LOOK)
    session.execute(
        update(conversation)
        .where(c.id.in_(ids), c.due_at <= now_us())
        .values(due_at=now_us() + pause, wakes=c.wakes + 1)
    )
    return ids
