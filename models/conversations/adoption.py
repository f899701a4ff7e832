"""Changes of owner: a visitor signs in and the conversation becomes the user's; a user is deleted."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlmodel import Session

from models.clock import microseconds
from models.conversations import messages, quota
from models.conversations.conversations import CLOSED, NEW_REVISION, Conversation, conversation
from models.people import contacts


def take_over(db: Session, conversation_id: str, contact_id: str, user_id: str) -> Conversation | None:
    """Gives the visitor's open conversation to the user: the named one, or else the newest that continues it.

    None when the visitor has no open conversation, or another user has it. A rerun for the same user returns it again, so
    that what follows the commit (revoking the visitor's token, telling the devices) can be repeated. Pending messages, the
    lease and a running answer are unaffected; messages that the visitor sent before are still received.
    """
    id_ = _find_open(db, conversation_id, contact_id)
    if id_ is None:
        return None
    c = conversation.c
    result = db.execute(
        update(conversation)
        .where(c.id == id_, c.contact_id == contact_id, c.user_id.is_(None), c.state != CLOSED)
        .values(user_id=user_id, updated_at=microseconds(), **NEW_REVISION)
    )
    db.expire_all()
    row = db.get(Conversation, id_)
    if row is None or row.user_id != user_id:
        return None
    if result.rowcount == 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        quota.forget_old(db, user_id)
    return row


def _find_open(db: Session, conversation_id: str, contact_id: str) -> str | None:
    c = conversation.c
    is_named = (c.id == conversation_id).desc()
    query = select(c.id).where(c.contact_id == contact_id, c.state != CLOSED)
    return db.execute(query.order_by(is_named, c.created_at.desc()).limit(1)).scalar()


def release_user(db: Session, user_id: str) -> None:
    """Gives a deleted user's conversations to a new contact without a name, and removes their side's names from messages.

    A contact that began one of them as a visitor was the same person: its name is removed, too, and its token stays void.
    """
    c = conversation.c
    query = select(c.id, c.contact_id).where(c.user_id == user_id).order_by(c.id).with_for_update()
    rows = db.execute(query).all()
    if not rows:
        return
    nameless = str(uuid.uuid4())
    contacts.open_visitor(db, nameless, {})
    values = {"user_id": None, "contact_id": nameless, **NEW_REVISION}
    db.execute(update(conversation).where(c.user_id == user_id).values(values))
    contacts.retire(db, [row.contact_id for row in rows if row.contact_id])
    messages.forget_names(db, [row.id for row in rows])
    db.expire_all()
