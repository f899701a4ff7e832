"""Conversations in which nothing happens: after a day of silence one is closed, and a person who waits too long for an
operator is answered by the agent again.

A closed conversation with a due time is one whose closing is not announced yet. So a crash between the commit and the
announcement is made good.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlmodel import Session

from models.clock import SECOND, microseconds, now_us
from models.conversations import conversations
from models.conversations.conversations import AGENT, CLOSED, NEW_REVISION, WAITING, Conversation, conversation

CLOSES_AFTER = 24 * 3600 * SECOND


def silent_ids(db: Session, limit: int) -> list[str]:
    """Ids of conversations in state `agent`, with nothing pending, that have been silent for 24 h."""
    c = conversation.c
    is_silent = (c.state == AGENT) & (c.updated_at < now_us() - CLOSES_AFTER)
    query = select(c.id).where(is_silent, c.pending == 0, c.lease.is_(None)).order_by(c.updated_at).limit(limit)
    return list(db.execute(query).scalars())


def close(db: Session, ids: Sequence[str]) -> None:
    """Closes those of the conversations that are still silent. Their closing is then unannounced."""
    c, now = conversation.c, microseconds()
    is_silent = (c.state == AGENT) & (c.updated_at < now_us() - CLOSES_AFTER) & (c.pending == 0) & c.lease.is_(None)
    query = select(c.id).where(c.id.in_(list(ids)), is_silent).order_by(c.id).with_for_update(skip_locked=True)
    locked = list(db.execute(query).scalars())
    values = {"state": CLOSED, "closed_at": now, "updated_at": now, "due_at": now, "tries": 0, **NEW_REVISION}
    db.execute(update(conversation).where(c.id.in_(locked), is_silent).values(values))


def unannounced(db: Session, limit: int) -> list[Conversation]:
    """Conversations whose closing has not been announced."""
    c = conversation.c
    query = select(Conversation).where(c.due_at.is_not(None), c.state == CLOSED).order_by(c.due_at).limit(limit)
    return list(db.execute(query).scalars())


def note_announced(db: Session, ids: Sequence[str]) -> None:
    """Records that the closing of these conversations has been announced."""
    c = conversation.c
    db.execute(update(conversation).where(c.id.in_(list(ids)), c.state == CLOSED).values(due_at=None))


def return_to_agent(db: Session, seconds: float, limit: int) -> list[Conversation]:
    """Gives conversations that have waited for a person for more than `seconds` back to the agent. Returns them.

    Skips a conversation that another transaction is claiming, closing or giving back.
    """
    c = conversation.c
    is_overdue = (c.state == WAITING) & (c.waiting_since < now_us() - int(seconds * SECOND))
    query = select(c.id).where(is_overdue).order_by(c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(db.execute(query).scalars())
    return [conversations.move(db, id_, AGENT, expected=WAITING) for id_ in ids]
