"""A user's conversations: at most three open, at most fifty kept.

Only opening one by hand is limited. A message that reopens a closed conversation, or continues one closed long ago, was
accepted and is never refused for that; nor is taking over what was begun as a visitor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import Session

from models import conversations
from models.accounts.users import UNKNOWN, user
from models.conversations import CLOSED, Conversation, conversation
from models.errors import Conflict, NotFound
from models.messages import message
from models.tool_calls import tool_call
from models.trail import dead_letter, failure

OPEN_MAX = 3
KEPT = 50


def open_for_user(
    session: Session,
    conversation_id: str,
    user_id: str,
    channel: str,
    facts: dict[str, Any],
    body: str | None = None,
) -> tuple[Conversation, Sequence[str]]:
    """A user's new conversation, or the one there is by this id; and the ids of old ones that were deleted for it.

    `body` is the hash of what the caller's idempotency key came with. Two calls at once queue at the user's row.
    Raises Conflict when three are open, NotFound when the user is gone.
    """
    u, c = user.c, conversation.c
    if session.execute(select(u.id).where(u.id == user_id).with_for_update(key_share=True)).first() is None:
        raise NotFound(UNKNOWN)
    known = session.get(Conversation, conversation_id)
    if known is not None:
        return known, ()
    if session.execute(select(func.count()).where(c.user_id == user_id, c.state != CLOSED)).scalar_one() >= OPEN_MAX:
        raise Conflict(f"You have {OPEN_MAX} open conversations. Close one of them first.")
    conversations.open_new(session, conversation_id, None, channel, facts, user_id, body)
    return conversations.get(session, conversation_id), forget_old(session, user_id)


def forget_old(session: Session, user_id: str) -> Sequence[str]:
    """Deletes the user's closed conversations beyond the fifty newest, with all that belongs to them. Returns their ids.

    One that somebody is writing to just now is left for the next time.
    """
    c, m = conversation.c, message.c
    beyond = select(c.id).where(c.user_id == user_id).order_by(c.created_at.desc(), c.id.desc()).offset(KEPT)
    closed = select(c.id).where(c.id.in_(beyond), c.state == CLOSED).order_by(c.id)
    ids = list(session.execute(closed.with_for_update(skip_locked=True)).scalars())
    if not ids:
        return ids
    theirs = select(m.id).where(m.conversation_id.in_(ids))
    for dependent in (tool_call, failure):
        session.execute(delete(dependent).where(dependent.c.message_id.in_(theirs)))
    session.execute(delete(dead_letter).where(dead_letter.c.conversation_id.in_(ids)))
    session.execute(delete(message).where(m.conversation_id.in_(ids)))
    session.execute(delete(conversation).where(c.id.in_(ids)))
    return ids
