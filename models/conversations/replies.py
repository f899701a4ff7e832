"""How a try at an answer ends in the database: a reply, or a dead letter with a notice. Only while the lease is mine.

take → (run the agent) → record → (publish) → release. What comes after the commit is done again by the next taking.
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
    """Stores the reply if the lease is still mine and the state still `agent`; with a hand-off a person is asked for.

    Returns the reply and the message it answers, as stored; nothing when the lease was lost and nothing was stored.
    """
    assert work.asked is not None
    position = _advance(db, work, hand_off=hand_off)
    if position is None:
        return ()
    reply = _ours(work, messages.id_of_reply(work.asked.id), position, "agent", content, facts)
    stored = _insert(db, reply | {"in_reply_to": work.asked.id})
    closed = _close_asked(db, work, messages.ANSWERED)
    if hand_off:
        messages.stop_awaiting(db, work.conversation_id)
    return stored, closed


def record_failure(db: Session, work: Work, notice: str, kind: str, reason: str) -> Rows:
    """Gives the message up: a dead letter, and a notice that tells the person so.

    Returns the notice and the message as stored; nothing when the lease was lost and nothing was stored.
    """
    assert work.asked is not None
    position = _advance(db, work)
    if position is None:
        return ()
    trail.add_dead_letter(db, "answer", work.asked.id, work.conversation_id, kind, reason)
    facts = {"failed": work.asked.id, "offers_person": True}
    stored = _insert(db, _ours(work, _notice_id(work), position, "system", notice, facts))
    return stored, _close_asked(db, work, messages.FAILED)


def _insert(db: Session, row: dict[str, Any]) -> Row[Any]:
    return db.execute(message.insert().values(row).returning(message)).one()


def _notice_id(work: Work) -> str:
    """One for each time that the message is given up: a replay raises its revision."""
    assert work.asked is not None
    return str(uuid.uuid5(_NOTICES, f"{work.asked.id} {work.asked.revision}"))


def _advance(db: Session, work: Work, *, hand_off: HandOff | None = None) -> int | None:
    """One message less awaits a reply, one more is stored: its position, or None when the lease is not mine."""
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


def _ours(work: Work, id_: str, position: int, kind: str, content: str, facts: dict[str, Any]) -> dict[str, Any]:
    assert work.asked is not None
    now = microseconds()
    return {
        "id": id_, "conversation_id": work.conversation_id, "position": position, "author_kind": kind,
        "author_name": "Switchboard", "content": content, "channel": work.asked.channel, "facts": facts,
        "trace_id": work.asked.trace_id,
        "status": messages.ANSWERED, "awaits": False, "accepted_at": now, "created_at": now,
    }  # fmt: skip


def _close_asked(db: Session, work: Work, status: str) -> Row[Any]:
    assert work.asked is not None
    closing = update(message).where(message.c.id == work.asked.id)
    changes = {"status": status, "awaits": False, "answered_at": microseconds(), **messages.NEW_REVISION}
    return db.execute(closing.values(changes).returning(message)).one()


def last_published(db: Session, conversation_id: str) -> Rows:
    """The newest reply or notice and what it answers: what a crash may have kept from being published. Without what is
    asked again since, at a replay: it is not done with."""
    m = message.c
    ours = m.author_kind.in_(("agent", "system"))
    newest = db.execute(
        select(message).where(m.conversation_id == conversation_id, ours).order_by(m.position.desc()).limit(1)
    ).first()
    if newest is None:
        return ()
    asked_id = newest.in_reply_to or newest.facts.get("failed")
    asked = db.execute(select(message).where(m.id == asked_id)).first()
    return [newest] if asked is None or asked.awaits else [newest, asked]
