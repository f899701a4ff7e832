"""Conversations in which nothing happens: a day of silence closes one, and who waits too long is the agent's again.

A closed conversation with a due time is one whose closing nobody has been told yet, so that a crash between the commit
and the telling is made up for.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlmodel import Session

from models.clock import SECOND, microseconds, now_us
from models.conversations import conversations
from models.conversations.conversations import AGENT, CLOSED, NEW_REVISION, WAITING, Conversation, conversation

CLOSES_AFTER = 24 * 3600 * SECOND


def silent(db: Session, limit: int) -> list[str]:
    """Ids of conversations that are the agent's, with nothing pending, and have been silent for 24 h."""
    c = conversation.c
    quiet = (c.state == AGENT) & (c.updated_at < now_us() - CLOSES_AFTER)
    query = select(c.id).where(quiet, c.pending == 0, c.lease.is_(None)).order_by(c.updated_at).limit(limit)
    return list(db.execute(query).scalars())


def close(db: Session, ids: Sequence[str]) -> None:
    """Closes those of the conversations that are still silent; their closing is to be told."""
    c, now = conversation.c, microseconds()
    still = (c.state == AGENT) & (c.updated_at < now_us() - CLOSES_AFTER) & (c.pending == 0) & c.lease.is_(None)
    locked = select(c.id).where(c.id.in_(list(ids)), still).order_by(c.id).with_for_update(skip_locked=True)
    found = list(db.execute(locked).scalars())
    closed = {"state": CLOSED, "closed_at": now, "updated_at": now, "due_at": now, "tries": 0, **NEW_REVISION}
    db.execute(update(conversation).where(c.id.in_(found), still).values(closed))


def untold(db: Session, limit: int) -> list[Conversation]:
    """Conversations whose closing is to be told."""
    c = conversation.c
    query = select(Conversation).where(c.due_at.is_not(None), c.state == CLOSED).order_by(c.due_at).limit(limit)
    return list(db.execute(query).scalars())


def told(db: Session, ids: Sequence[str]) -> None:
    """The closing of these has been told."""
    c = conversation.c
    db.execute(update(conversation).where(c.id.in_(list(ids)), c.state == CLOSED).values(due_at=None))


def offer_agent(db: Session, seconds: float, limit: int) -> list[Conversation]:
    """Gives conversations that have waited for a person for more than `seconds` back to the agent. Returns them.

    One that is being claimed, closed or given back by another transaction just now is left to it.
    """
    c = conversation.c
    late = (c.state == WAITING) & (c.waiting_since < now_us() - int(seconds * SECOND))
    locked = select(c.id).where(late).order_by(c.id).limit(limit).with_for_update(skip_locked=True)
    found = list(db.execute(locked).scalars())
    return [conversations.move(db, id_, AGENT, expected=WAITING) for id_ in found]
