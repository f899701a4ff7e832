"""Messages: stored in the order of their sequence, numbered within their conversation, each answered at most once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Index, Row, Table, Text, UniqueConstraint, select, text, update
from sqlmodel import Field, Session, SQLModel

from models.clock import microseconds
from models.errors import NotFound

LAST = 2**31 - 1  # the largest position that its column holds
ACCEPTED, RECEIVED, ANSWERED, FAILED, CANCELLED = "accepted", "received", "answered", "failed", "cancelled"
ENDED = frozenset((ANSWERED, FAILED, CANCELLED))  # after which nothing more comes for a message
THEIRS, OURS = ("contact", "user"), ("agent", "operator", "system")  # kinds of authors: the person, and our side
UNKNOWN = "There is no such message."
_REPLIES = uuid.UUID("6b4e4e0e-41f7-5fb2-8f39-6b9f0f0b7a55")


class Message(SQLModel, table=True):
    """One message. `position` numbers it within its conversation; readers page by it."""

    __table_args__ = (
        UniqueConstraint("conversation_id", "position"),
        Index(
            "message_awaits",
            "conversation_id",
            "position",
            sqlite_where=text("awaits"),
            postgresql_where=text("awaits"),
        ),
    )

    id: str = Field(primary_key=True, max_length=36)
    conversation_id: str = Field(foreign_key="conversation.id", max_length=36)
    position: int
    author_kind: str = Field(max_length=8)
    author_name: str | None = Field(default=None, max_length=200)
    content: str = Field(sa_type=Text)
    channel: str = Field(max_length=64)
    parent_id: str | None = Field(default=None, max_length=36)
    in_reply_to: str | None = Field(default=None, max_length=36, unique=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # the contract's `metadata`
    route: dict[str, Any] | None = Field(default=None, sa_type=JSON)  # how an answer finds its way back; never shown
    status: str = Field(max_length=9)
    awaits: bool = False  # a reply
    accepted_at: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    edited_at: int | None = Field(default=None, sa_type=BigInteger)
    read_at: int | None = Field(default=None, sa_type=BigInteger)
    answered_at: int | None = Field(default=None, sa_type=BigInteger)
    trace_id: str | None = Field(default=None, max_length=32)  # of its request; a reply's is its message's
    revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})  # see NEW_REVISION


message = cast(Table, Message.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped

NEW_REVISION = {"revision": message.c.revision + 1}  # belongs to each UPDATE whose effect clients can see: see `views`


def id_of_reply(message_id: str) -> str:
    """The id a message's reply will have, decided before any try, so that no try can store a second one."""
    return str(uuid.uuid5(_REPLIES, message_id))


def conversations_of(db: Session, ids: Iterable[str]) -> dict[str, str]:
    """The conversations in which these messages are stored: message id → conversation id, for those that are."""
    m = message.c
    found = db.execute(select(m.id, m.conversation_id).where(m.id.in_(list(ids))))
    return {row.id: row.conversation_id for row in found}


def next_awaiting(db: Session, conversation_id: str) -> Row[Any] | None:
    """The oldest message of the conversation that awaits a reply."""
    m = message.c
    return db.execute(
        select(message).where(m.conversation_id == conversation_id, m.awaits).order_by(m.position).limit(1)
    ).first()


def history(db: Session, conversation_id: str, before: int, count: int) -> Sequence[Row[Any]]:
    """The last `count` messages before a position, oldest first."""
    m = message.c
    rows = db.execute(
        select(m.author_kind, m.content)
        .where(m.conversation_id == conversation_id, m.position < before)
        .order_by(m.position.desc())
        .limit(count)
    ).all()
    return rows[::-1]


def stop_awaiting(db: Session, conversation_id: str) -> None:
    """Nothing of the conversation awaits a reply any more."""
    m = message.c
    db.execute(update(message).where(m.conversation_id == conversation_id, m.awaits).values(awaits=False))


def page(db: Session, conversation_id: str, after: int, limit: int) -> list[Message]:
    """Messages with a position above `after`, in order."""
    m = message.c
    ids = select(Message).where(m.conversation_id == conversation_id, m.position > after)
    return list(db.execute(ids.order_by(m.position).limit(limit)).scalars())


def get(db: Session, conversation_id: str, message_id: str) -> Message:
    """The message of this conversation. Raises NotFound, also for a message of another conversation."""
    found = db.get(Message, message_id)
    if found is None or found.conversation_id != conversation_id:
        raise NotFound(UNKNOWN)
    return found


def notice_of(db: Session, conversation_id: str, failed_id: str) -> Message | None:
    """The newest notice that says why a message has no reply."""
    m = message.c
    query = select(Message).where(m.conversation_id == conversation_id, m.author_kind == "system")
    notices = db.execute(query.order_by(m.position.desc()).limit(50)).scalars()
    return next((notice for notice in notices if notice.facts.get("failed") == failed_id), None)


def id_at(db: Session, conversation_id: str, position: int) -> str | None:
    """The id of the message at a position."""
    m = message.c
    return db.execute(select(m.id).where(m.conversation_id == conversation_id, m.position == position)).scalar()


def reply_to(db: Session, message_id: str) -> Message | None:
    """The reply, if it is stored."""
    return db.get(Message, id_of_reply(message_id))


def mark_read(db: Session, conversation_id: str, up_to: int) -> None:
    """The person has read everything from our side up to a position."""
    m = message.c
    db.execute(
        update(message)
        .where(m.conversation_id == conversation_id, m.position <= up_to, m.read_at.is_(None))
        .where(m.author_kind.in_(OURS))
        .values(read_at=microseconds(), **NEW_REVISION)
    )


def forget_names(db: Session, conversation_ids: Sequence[str]) -> None:
    """Nobody of the person's side has a name any more."""
    m = message.c
    theirs = m.conversation_id.in_(list(conversation_ids)) & m.author_kind.in_(THEIRS)
    db.execute(update(message).where(theirs).values(author_name=None, **NEW_REVISION))
