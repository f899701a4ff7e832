"""A visitor signs in: the conversation they have begun becomes the user's."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlmodel import Session

from models.clock import microseconds
from models.conversations import quota
from models.conversations.conversations import CLOSED, NEW_REVISION, Conversation, conversation


def take_over(db: Session, conversation_id: str, contact_id: str, user_id: str) -> Conversation | None:
    """Makes the visitor's open conversation the user's: the one named, or the newest that continues it.

    None when nothing of theirs is open, or another user has it. A rerun by the same user gives it once more, so that
    what follows the commit (revoking the visitor's token, telling the devices) can be done again. Pending messages, the
    lease and a running answer stay as they are; what the visitor has sent before is still received.
    """
    found = _open_one(db, conversation_id, contact_id)
    if found is None:
        return None
    c = conversation.c
    taken = db.execute(
        update(conversation)
        .where(c.id == found, c.contact_id == contact_id, c.user_id.is_(None), c.state != CLOSED)
        .values(user_id=user_id, updated_at=microseconds(), **NEW_REVISION)
    )
    db.expire_all()
    row = db.get(Conversation, found)
    if row is None or row.user_id != user_id:
        return None
    if taken.rowcount == 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        quota.forget_old(db, user_id)
    return row


def _open_one(db: Session, conversation_id: str, contact_id: str) -> str | None:
    c = conversation.c
    named = (c.id == conversation_id).desc()
    open_ones = select(c.id).where(c.contact_id == contact_id, c.state != CLOSED)
    return db.execute(open_ones.order_by(named, c.created_at.desc()).limit(1)).scalar()
