"""Replaying dead letters: work that was given up is tried again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from models.clock import microseconds
from models.conversations import messages
from models.conversations.conversations import AGENT, conversation
from models.conversations.messages import message
from models.errors import Conflict, NotFound
from models.ledger.inbound import DAMAGED, Inbound, decoded, inbound_of
from models.trail import DeadLetter, dead_letter

UNREADABLE = "This dead letter contains no entry that this version can read. Its text is kept unchanged."


def newest(db: Session, limit: int) -> list[DeadLetter]:
    """Dead letters that have not been replayed, newest first."""
    d = dead_letter.c
    query = select(DeadLetter).where(d.replayed_at.is_(None)).order_by(d.created_at.desc()).limit(limit)
    return list(db.execute(query).scalars())


def inbound_of_letter(db: Session, letter_id: str) -> Inbound | None:
    """The entry to accept again; None when its message is stored.

    Raises NotFound; Conflict when the letter was replayed or holds no entry that this version can read."""
    letter = db.get(DeadLetter, letter_id)
    if letter is None:
        raise NotFound("There is no such dead letter.")
    if letter.replayed_at is not None:
        raise Conflict("This dead letter has already been replayed.")
    return _readable(letter.envelope) if letter.envelope is not None else None


def _readable(document: Any) -> Inbound:
    """The entry of a letter. A damaged entry was kept as its text, which this version may be able to read.

    Raises Conflict."""
    try:
        inbound = inbound_of(document)
    except ValueError:
        raise Conflict(UNREADABLE) from None
    if inbound.channel == DAMAGED:
        inbound = decoded(inbound.content).inbound
    if inbound.channel == DAMAGED:
        raise Conflict(UNREADABLE)
    return inbound


def replay(db: Session, letter_id: str) -> str:
    """Marks a dead letter as replayed; if its message is stored, it is due again. Returns the conversation's id.

    Raises NotFound; Conflict when it was replayed before or its conversation is no longer the agent's.
    """
    letter = db.get(DeadLetter, letter_id)
    if letter is None:
        raise NotFound("There is no such dead letter.")
    d = dead_letter.c
    result = db.execute(
        update(dead_letter)
        .where(d.id == letter_id, d.replayed_at.is_(None))
        .values(replayed_at=microseconds(), replays=d.replays + 1)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise Conflict("This dead letter has already been replayed.")
    if letter.envelope is None:
        _requeue(db, letter)
    return letter.conversation_id


def _requeue(db: Session, letter: DeadLetter) -> None:
    m, c = message.c, conversation.c
    updated = db.execute(
        update(message)
        .where(m.id == letter.message_id, m.status == messages.FAILED)
        .values(status=messages.RECEIVED, awaits=True, answered_at=None, **messages.NEW_REVISION)
    )
    pending = db.execute(
        update(conversation)
        .where(c.id == letter.conversation_id, c.state == AGENT)
        .values(pending=c.pending + 1, retry_at=0, due_at=0)
    )
    if updated.rowcount != 1 or pending.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("The message has already been answered, or its conversation is no longer with the agent.")
