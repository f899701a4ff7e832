"""A user's conversations: at most three open, at most fifty kept.

The limit applies to opening one, directly or by a message to a conversation closed long ago: such a message is refused
before it is accepted. A message that was accepted anyway is never lost because of the limit. Reopening a conversation
and taking over a visitor's conversation are not limited.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import Session

from models.conversations import conversations, successors
from models.conversations.conversations import CLOSED, Conversation, conversation
from models.conversations.messages import message
from models.errors import Conflict, NotFound
from models.people.users import UNKNOWN, user
from models.trail import dead_letter, failure
from models.trail.tool_calls import tool_call

OPEN_MAX = 3
KEPT = 50


def open_for_user(
    db: Session,
    conversation_id: str,
    user_id: str,
    channel: str,
    facts: dict[str, Any],
    body: str | None = None,
) -> tuple[Conversation, Sequence[str]]:
    """A user's new conversation, or the existing one with this id; and the ids of old ones that were deleted to make room.

    `body`: the hash of the request that came with the caller's idempotency key. Concurrent calls wait at the user's row.
    Raises Conflict when three are open, NotFound when the user does not exist.
    """
    u = user.c
    if db.execute(select(u.id).where(u.id == user_id).with_for_update(key_share=True)).first() is None:
        raise NotFound(UNKNOWN)
    existing = db.get(Conversation, conversation_id)
    if existing is not None:
        return existing, ()
    _check_room(db, user_id)
    conversations.open_new(db, conversation_id, None, channel, facts, user_id, body)
    return conversations.get(db, conversation_id), forget_old(db, user_id)


def check_may_continue(db: Session, row: Conversation) -> None:
    """Raises Conflict when a message to this conversation would open more conversations than its user may have."""
    newest = successors.chain(db, row)[-1]
    if newest.user_id is not None and successors.is_over(newest.closed_at, newest.continued_by):
        _check_room(db, newest.user_id)


def _check_room(db: Session, user_id: str) -> None:
    c = conversation.c
    if db.execute(select(func.count()).where(c.user_id == user_id, c.state != CLOSED)).scalar_one() >= OPEN_MAX:
        raise Conflict(f"You have {OPEN_MAX} open conversations. Close one of them first.")


def forget_old(db: Session, user_id: str) -> Sequence[str]:
    """Deletes the user's closed conversations beyond the fifty newest, with all that belongs to them. Returns their ids.

    A conversation that another transaction is writing to is left for the next time.
    """
    c, m = conversation.c, message.c
    surplus = select(c.id).where(c.user_id == user_id).order_by(c.created_at.desc(), c.id.desc()).offset(KEPT)
    query = select(c.id).where(c.id.in_(surplus), c.state == CLOSED).order_by(c.id)
    ids = list(db.execute(query.with_for_update(skip_locked=True)).scalars())
    if not ids:
        return ids
    message_ids = select(m.id).where(m.conversation_id.in_(ids))
    for dependent in (tool_call, failure):
        db.execute(delete(dependent).where(dependent.c.message_id.in_(message_ids)))
    db.execute(delete(dead_letter).where(dead_letter.c.conversation_id.in_(ids)))
    db.execute(delete(message).where(m.conversation_id.in_(ids)))
    db.execute(delete(conversation).where(c.id.in_(ids)))
    return ids
