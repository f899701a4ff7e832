"""Leases of conversations: one worker at a time answers one. The mechanism is that of `models.due`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from models.conversations import messages
from models.conversations.conversations import AGENT, CLOSED, conversation
from models.due import rows
from models.due.rows import Queue

_c = conversation.c
# A closed conversation that is due waits for `silence`, which tells that it was closed.
ANSWERS = Queue(conversation, pending=_c.pending > 0, open=_c.state == AGENT, woken=_c.state != CLOSED)


@dataclass(frozen=True)
class Work:
    """A leased conversation, its oldest message that awaits a reply (None: only to publish again), and the history."""

    conversation_id: str
    lease: str
    try_number: int
    asked: Row[Any] | None
    history: Sequence[Row[Any]]


def take(db: Session, ids: Sequence[str], lease: str, seconds: float, history: int) -> list[Work]:
    """Leases those of the conversations that have something due and that no other worker has."""
    taken = rows.take(db, ANSWERS, ids, lease, seconds)
    return [_work(db, id_, lease, try_number, history) for id_, try_number in taken.items()]


def _work(db: Session, conversation_id: str, lease: str, try_number: int, count: int) -> Work:
    asked = messages.next_awaiting(db, conversation_id)
    before = messages.history(db, conversation_id, asked.position, count) if asked and asked.position > 1 else ()
    return Work(conversation_id, lease, try_number, asked, before)


def renew(db: Session, work: Work, seconds: float) -> bool:
    """Keeps the lease for `seconds` more. False: another worker has it now, or a person took over."""
    return rows.renew(db, ANSWERS, work.conversation_id, work.lease, seconds)


def retry_later(db: Session, work: Work, seconds: float, *, counted: bool = True) -> None:
    """Gives the lease back; the conversation is due again in `seconds`. Not counted: no model was asked at all."""
    rows.retry_later(db, ANSWERS, work.conversation_id, work.lease, seconds, counted=counted)


def release(db: Session, lease: str, ids: Sequence[str], seconds: float) -> list[str]:
    """Gives back the leases of conversations with nothing pending. Returns those with more: they stay leased."""
    return rows.release(db, ANSWERS, ids, lease, seconds)


def again(db: Session, ids: Sequence[str], lease: str, history: int) -> list[Work]:
    """The next message of conversations that stayed leased."""
    return [_work(db, id_, lease, 1, history) for id_ in ids]


def due(db: Session, limit: int) -> list[str]:
    """Conversations to wake now."""
    return rows.due(db, ANSWERS, limit)
