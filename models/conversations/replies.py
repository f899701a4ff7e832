"""The end of a try at an answer: a reply, or a dead letter with a notice, stored only while the worker has the lease.

take → (run the agent) → record → (publish) → release. Whoever takes the lease next repeats what follows the commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from models import trail
from models.clock import microseconds
from models.conversations import messages
from models.conversations.conversations import AGENT, NEW_REVISION, WAITING, conversation
from models.conversations.handoffs import HandOff
from models.conversations.leases import Work
from models.conversations.messages import message

_NOTICES = uuid.UUID("0d1c2f2e-5d6c-5a3b-8f52-4a3f4f3f0c11")
Rows = Sequence[Row[Any]]


def record_reply(
    db: Session, work: Work, content: str, facts: dict[str, Any], *, hand_off: HandOff | None = None
) -> Rows:
    """Stores the reply, if the worker still has the lease and the state is `agent`. With `hand_off`, also asks for a person.

    Returns the reply and the message that it answers, as stored; nothing when the lease was lost.
    """
    assert work.message is not None
    position = _advance(db, work, hand_off=hand_off)
    if position is None:
        return ()
    values = _row(work, messages.id_of_reply(work.message.id), position, "agent", content, facts)
    reply = _insert(db, values | {"in_reply_to": work.message.id})
    answered = _close_message(db, work, messages.ANSWERED)
    if hand_off:
        messages.stop_awaiting(db, work.conversation_id)
    return reply, answered


def record_failure(db: Session, work: Work, notice: str, kind: str, reason: str) -> Rows:
    """Gives the message up: stores a dead letter, and a notice that tells the person.

    Returns the notice and the message, as stored; nothing when the lease was lost.
    """
    assert work.message is not None
    position = _advance(db, work)
    if position is None:
        return ()
    trail.add_dead_letter(db, "answer", work.message.id, work.conversation_id, kind, reason)
    facts = {"failed": work.message.id, "offers_person": True}
    stored_notice = _insert(db, _row(work, _notice_id(work), position, "system", notice, facts))
    return stored_notice, _close_message(db, work, messages.FAILED)


def _insert(db: Session, row: dict[str, Any]) -> Row[Any]:
    return db.execute(message.insert().values(row).returning(message)).one()


def _notice_id(work: Work) -> str:
    """An id for each time that the message is given up: a replay raises the message's revision."""
    assert work.message is not None
    return str(uuid.uuid5(_NOTICES, f"{work.message.id} {work.message.revision}"))


def _advance(db: Session, work: Work, *, hand_off: HandOff | None = None) -> int | None:
    """Takes one pending message off and makes room for one more. Returns its position; None when the lease was lost."""
    c = conversation.c
    changes: dict[str, Any] = {"last_position": c.last_position + 1, "updated_at": microseconds(), **NEW_REVISION}
    if hand_off is None:
        changes |= {"pending": c.pending - 1}
    else:
        changes |= {"pending": 0, "state": WAITING, "waiting_since": microseconds(), **hand_off.values}
    return db.execute(
        update(conversation)
        .where(c.id == work.conversation_id, c.lease == work.lease, c.state == AGENT)
        .values(changes)
        .returning(c.last_position)
    ).scalar()


def _row(work: Work, id_: str, position: int, kind: str, content: str, facts: dict[str, Any]) -> dict[str, Any]:
    assert work.message is not None
    now = microseconds()
    return {
        "id": id_, "conversation_id": work.conversation_id, "position": position, "author_kind": kind,
        "author_name": "Switchboard", "content": content, "channel": work.message.channel, "facts": facts,
        "trace_id": work.message.trace_id,
        "status": messages.ANSWERED, "awaits": False, "accepted_at": now, "created_at": now,
    }  # fmt: skip


def _close_message(db: Session, work: Work, status: str) -> Row[Any]:
    assert work.message is not None
    query = update(message).where(message.c.id == work.message.id)
    changes = {"status": status, "awaits": False, "answered_at": microseconds(), **messages.NEW_REVISION}
    return db.execute(query.values(changes).returning(message)).one()


def last_exchange(db: Session, conversation_id: str) -> Rows:
    """The newest reply or notice and the message it answers, which a crash may have kept from being published. Without the
    message when it awaits a reply again after a replay."""
    m = message.c
    is_ours = m.author_kind.in_(("agent", "system"))
    reply = db.execute(
        select(message).where(m.conversation_id == conversation_id, is_ours).order_by(m.position.desc()).limit(1)
    ).first()
    if reply is None:
        return ()
    message_id = reply.in_reply_to or reply.facts.get("failed")
    answered = db.execute(select(message).where(m.id == message_id)).first()
    return [reply] if answered is None or answered.awaits else [reply, answered]
