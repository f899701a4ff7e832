"""Who answers a conversation: a lease, taken and given back by conditional UPDATEs, by the database's clock.

take → (run the agent) → record → (publish) → release. A crash anywhere leaves a lease that runs out; the next taking
sees by `tries` that the last was not released, and does again what comes after the commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, case, or_, select, update
from sqlmodel import Session

from models import messages, trail
from models.clock import SECOND, microseconds, now_us
from models.conversations import AGENT, WAITING, conversation
from models.messages import message

_NOTICES = uuid.UUID("0d1c2f2e-5d6c-5a3b-8f52-4a3f4f3f0c11")
LOOK_AGAIN = {0: 15 * SECOND, 1: 30 * SECOND, 2: 60 * SECOND, 3: 120 * SECOND, 4: 240 * SECOND}


Rows = Sequence[Row[Any]]


@dataclass(frozen=True)
class Work:
    """A leased conversation, its oldest message that awaits a reply (None: only to publish again), and the history."""

    conversation_id: str
    lease: str
    try_number: int
    asked: Row[Any] | None
    history: Sequence[Row[Any]]


def take(session: Session, ids: Sequence[str], lease: str, seconds: float, history: int) -> list[Work]:
    """Leases those of the conversations that have something due and that nobody else has."""
    c = conversation.c
    due = (c.state == AGENT) & (c.pending > 0) & (c.retry_at <= now_us())
    free = c.lease.is_(None) & due
    abandoned = c.lease.is_not(None) & (c.lease_until < now_us())
    taken = session.execute(
        update(conversation)
        .where(c.id.in_(list(ids)), or_(free, abandoned))
        .values(lease=lease, tries=c.tries + 1, wakes=0, **_until(seconds))
        .returning(c.id, c.tries)
    ).all()
    return [_work(session, row.id, lease, row.tries, history) for row in taken]


def _until(seconds: float) -> dict[str, Any]:
    until = now_us() + int(seconds * SECOND)
    return {"lease_until": until, "due_at": until}


def _work(session: Session, conversation_id: str, lease: str, try_number: int, count: int) -> Work:
    asked = messages.next_awaiting(session, conversation_id)
    before = messages.history(session, conversation_id, asked.position, count) if asked and count else ()
    return Work(conversation_id, lease, try_number, asked, before)


def renew(session: Session, work: Work, seconds: float) -> bool:
    """Keeps the lease for `seconds` more. False: it is somebody else's now, or a person took over."""
    c = conversation.c
    kept = session.execute(
        update(conversation)
        .where(c.id == work.conversation_id, c.lease == work.lease, c.state == AGENT)
        .values(**_until(seconds))
    )
    return bool(kept.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has it


def record_reply(session: Session, work: Work, content: str, facts: dict[str, Any], *, hand_off: bool = False) -> Rows:
    """Stores the reply if the lease is still mine and the state still `agent`.

    Returns the reply and the message it answers, as stored; nothing when the lease was lost and nothing was stored.
    """
    assert work.asked is not None
    position = _advance(session, work, hand_off=hand_off)
    if position is None:
        return ()
    reply = _ours(work, messages.id_of_reply(work.asked.id), position, "agent", content, facts)
    stored = _insert(session, reply | {"in_reply_to": work.asked.id})
    closed = _close_asked(session, work, messages.ANSWERED)
    if hand_off:
        messages.stop_awaiting(session, work.conversation_id)
    return stored, closed


def record_failure(session: Session, work: Work, notice: str, kind: str, reason: str) -> Rows:
    """Gives the message up: a dead letter, and a notice that tells the person so.

    Returns the notice and the message as stored; nothing when the lease was lost and nothing was stored.
    """
    assert work.asked is not None
    position = _advance(session, work)
    if position is None:
        return ()
    trail.bury(session, "answer", work.asked.id, work.conversation_id, kind, reason)
    facts = {"failed": work.asked.id, "offers_person": True}
    stored = _insert(session, _ours(work, _notice_id(work), position, "system", notice, facts))
    return stored, _close_asked(session, work, messages.FAILED)


def _insert(session: Session, row: dict[str, Any]) -> Row[Any]:
    return session.execute(message.insert().values(row).returning(message)).one()


def _notice_id(work: Work) -> str:
    assert work.asked is not None
    return str(uuid.uuid5(_NOTICES, f"{work.asked.id} {work.lease}"))


def _advance(session: Session, work: Work, *, hand_off: bool = False) -> int | None:
    """One message less awaits a reply, one more is stored: its position, or None when the lease is not mine."""
    c = conversation.c
    changes: dict[str, Any] = {"last_position": c.last_position + 1, "updated_at": microseconds()}
    changes |= (
        {"pending": 0, "state": WAITING, "waiting_since": microseconds()} if hand_off else {"pending": c.pending - 1}
    )
    return session.execute(
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
        "status": messages.ANSWERED, "awaits": False, "accepted_at": now, "created_at": now,
    }  # fmt: skip


def _close_asked(session: Session, work: Work, status: str) -> Row[Any]:
    assert work.asked is not None
    closing = update(message).where(message.c.id == work.asked.id)
    changes = {"status": status, "awaits": False, "answered_at": microseconds()}
    return session.execute(closing.values(changes).returning(message)).one()


def retry_later(session: Session, work: Work, seconds: float, *, counted: bool = True) -> None:
    """Gives the lease back; the conversation is due again in `seconds`. Not counted: no model was asked at all."""
    c = conversation.c
    at = now_us() + int(seconds * SECOND)
    session.execute(
        update(conversation)
        .where(c.id == work.conversation_id, c.lease == work.lease)
        .values(lease=None, retry_at=at, due_at=at, tries=c.tries - (0 if counted else 1))
    )


def release(session: Session, lease: str, ids: Sequence[str], seconds: float) -> list[str]:
    """Gives back the leases of conversations with nothing pending. Returns those with more: they stay leased."""
    c = conversation.c
    mine = (c.id.in_(list(ids))) & (c.lease == lease)
    more = c.pending > 0
    until = now_us() + int(seconds * SECOND)
    left = session.execute(
        update(conversation)
        .where(mine)
        .values(
            lease=case((more, c.lease), else_=None),
            tries=case((more, 1), else_=0),
            lease_until=case((more, until), else_=0),
            due_at=case((more, until), else_=None),
        )
        .returning(c.id, c.pending)
    ).all()
    return [row.id for row in left if row.pending]


def again(session: Session, ids: Sequence[str], lease: str, history: int) -> list[Work]:
    """The next message of conversations that stayed leased."""
    return [_work(session, id_, lease, 1, history) for id_ in ids]


def last_published(session: Session, conversation_id: str) -> Rows:
    """The newest reply or notice and what it answers: what a crash may have kept from being published."""
    m = message.c
    ours = m.author_kind.in_(("agent", "system"))
    newest = session.execute(
        select(message).where(m.conversation_id == conversation_id, ours).order_by(m.position.desc()).limit(1)
    ).first()
    if newest is None:
        return ()
    asked_id = newest.in_reply_to or newest.facts.get("failed")
    asked = session.execute(select(message).where(m.id == asked_id)).first()
    return [row for row in (newest, asked) if row is not None]


def due(session: Session, limit: int) -> list[str]:
    """Conversations to wake now. Each is looked at again in 15 s, 30 s … 5 min, so that nothing is woken in a storm."""
    c = conversation.c
    ids = list(session.execute(select(c.id).where(c.due_at <= now_us()).order_by(c.due_at).limit(limit)).scalars())
    pause = case(LOOK_AGAIN, value=c.wakes, else_=300 * SECOND)
    session.execute(
        update(conversation)
        .where(c.id.in_(ids), c.due_at <= now_us())
        .values(due_at=now_us() + pause, wakes=c.wakes + 1)
    )
    return ids
