"""Leases of conversations: one worker at a time answers a conversation. The mechanism is `models.due`."""

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
# A closed conversation that is due waits for `silence`, which announces the closing.
ANSWERS = Queue(conversation, pending=_c.pending > 0, open=_c.state == AGENT, woken=_c.state != CLOSED)


@dataclass(frozen=True)
class Work:
    """A leased conversation, its oldest message that awaits a reply (None: only publish again), and the earlier messages."""

    conversation_id: str
    lease: str
    try_number: int
    message: Row[Any] | None
    history: Sequence[Row[Any]]


def take(db: Session, ids: Sequence[str], lease: str, seconds: float, history: int) -> list[Work]:
    """Leases those of the conversations that have work and no other worker."""
    leased = rows.take(db, ANSWERS, ids, lease, seconds)
    return [_work(db, id_, lease, try_number, history) for id_, try_number in leased.items()]


def _work(db: Session, conversation_id: str, lease: str, try_number: int, count: int) -> Work:
    awaiting = messages.next_awaiting(db, conversation_id)
    earlier = (
        messages.history(db, conversation_id, awaiting.position, count) if awaiting and awaiting.position > 1 else ()
    )
    return Work(conversation_id, lease, try_number, awaiting, earlier)


def renew(db: Session, work: Work, seconds: float) -> bool:
    """Extends the lease to `seconds` from now. False: another worker has the conversation, or a person took over."""
    return rows.renew(db, ANSWERS, work.conversation_id, work.lease, seconds)


def retry_later(db: Session, work: Work, seconds: float, *, counted: bool = True) -> None:
    """Releases the lease; the conversation is due again in `seconds`. Pass counted=False when no model was called."""
    rows.retry_later(db, ANSWERS, work.conversation_id, work.lease, seconds, counted=counted)


def release(db: Session, lease: str, ids: Sequence[str], seconds: float) -> list[str]:
    """Releases the leases of conversations with nothing pending. Returns the ids of the others, which stay leased."""
    return rows.release(db, ANSWERS, ids, lease, seconds)


def next_works(db: Session, ids: Sequence[str], lease: str, history: int) -> list[Work]:
    """The next message of each conversation that stayed leased."""
    return [_work(db, id_, lease, 1, history) for id_ in ids]


def due(db: Session, limit: int) -> list[str]:
    """The ids of conversations to wake now."""
    return rows.due(db, ANSWERS, limit)
