"""Conversations as clients see them: the row, and how many messages the person has not read.

REST and events both take them from here, so that both say the same. One query counts for all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from models.conversations.conversations import Conversation, conversation, shown
from models.conversations.messages import OURS, message


def of_conversation(db: Session, row: Conversation, *, for_operator: bool = False) -> dict[str, Any]:
    """The conversation with its true count of unread messages."""
    return of_conversations(db, [row], for_operator=for_operator)[0]


def of_conversations(db: Session, rows: Sequence[Conversation], *, for_operator: bool = False) -> list[dict[str, Any]]:
    """The conversations, in the order of the rows. What the person may not see is added only for an operator."""
    counts = unread(db, [row.id for row in rows])
    return [shown(row, counts.get(row.id, 0)) | (_internal(row) if for_operator else {}) for row in rows]


def _internal(row: Conversation) -> dict[str, Any]:
    return {"handoff": {"by": row.handoff_by, "reason": row.handoff_reason} if row.handoff_by else None}


def unread(db: Session, conversation_ids: Sequence[str]) -> dict[str, int]:
    """How many messages from our side stand above the person's read mark, by conversation; none is left out."""
    if not conversation_ids:
        return {}
    c, m = conversation.c, message.c
    query = select(m.conversation_id, func.count().label("unread")).join(conversation, c.id == m.conversation_id)
    query = query.where(c.id.in_(list(conversation_ids)), m.position > c.read_to, m.author_kind.in_(OURS))
    return {row.conversation_id: row.unread for row in db.execute(query.group_by(m.conversation_id))}
