"""Conversations: their states, and the lease that lets one worker at a time answer one.

`agent → waiting | human | closed`, `waiting → human | agent | closed`, `human → agent | waiting | closed`,
`closed → agent`. In `agent` every message gets exactly one reply, in `waiting` and `human` none.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Index, Table, func, select, update
from sqlmodel import Field, Session, SQLModel

from models import inserting, messages
from models.clock import SECOND, microseconds, now_us, rfc3339
from models.errors import Conflict, NotFound

AGENT, WAITING, HUMAN, CLOSED = "agent", "waiting", "human", "closed"
MOVES = {
    AGENT: {WAITING, HUMAN, CLOSED},
    WAITING: {HUMAN, AGENT, CLOSED},
    HUMAN: {AGENT, WAITING, CLOSED},
    CLOSED: {AGENT},
}
REOPEN_WITHIN = 24 * 3600 * SECOND


class Conversation(SQLModel, table=True):
    """One conversation. Times are microseconds (see models.clock)."""

    __table_args__ = (
        Index("conversation_due", "due_at"),
        Index("conversation_contact", "contact_id", "created_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    state: str = Field(default=AGENT, max_length=8)
    channel: str = Field(max_length=64)
    contact_id: str = Field(foreign_key="contact.id", max_length=36)
    subject: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # the contract's `metadata`
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
    waiting_since: int | None = Field(default=None, sa_type=BigInteger)

    last_position: int = 0  # of its newest message: messages are numbered 1, 2, 3 … as they are stored
    read_to: int = 0  # the position up to which the contact has read

    pending: int = 0  # messages that await a reply
    tries: int = 0  # at the message that is being answered; counted when the lease is taken
    wakes: int = 0  # by the sweeper, since the lease was last taken
    lease: str | None = Field(default=None, max_length=36)
    lease_until: int = Field(default=0, sa_type=BigInteger)
    retry_at: int = Field(default=0, sa_type=BigInteger)  # not to be answered before
    due_at: int | None = Field(default=None, sa_type=BigInteger)  # when the sweeper looks; None: nothing to do


conversation = cast(Table, Conversation.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def newest_joinable(session: Session, contact_id: str) -> str | None:
    """The id of the contact's newest conversation that a message may join: open, or closed less than 24 h ago."""
    c = conversation.c
    joinable = c.closed_at.is_(None) | (c.closed_at > microseconds() - REOPEN_WITHIN)
    newest = select(c.id).where(c.contact_id == contact_id, joinable).order_by(c.created_at.desc()).limit(1)
    return session.execute(newest).scalar()


def get(session: Session, conversation_id: str) -> Conversation:
    """The conversation. Raises NotFound."""
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


def open_new(
    session: Session, conversation_id: str, contact_id: str, channel: str, facts: dict[str, Any] | None = None
) -> None:
    """A new conversation in state `agent`; does nothing when the id is there already."""
    now = microseconds()
    row = {
        "id": conversation_id, "state": AGENT, "channel": channel, "contact_id": contact_id, "facts": facts or {},
        "created_at": now, "updated_at": now, "last_position": 0, "read_to": 0, "pending": 0, "tries": 0, "wakes": 0,
        "lease_until": 0, "retry_at": 0,
    }  # fmt: skip
    session.execute(inserting.or_ignore(session, conversation), [row])


def of_contact(session: Session, contact_id: str, before: int | None, limit: int) -> list[Conversation]:
    """A contact's conversations, newest first, created before a time (µs)."""
    c = conversation.c
    asked = select(Conversation).where(c.contact_id == contact_id)
    if before is not None:
        asked = asked.where(c.created_at < before)
    return list(session.execute(asked.order_by(c.created_at.desc()).limit(limit)).scalars())


def mark_read(session: Session, conversation_id: str, up_to: int) -> bool:
    """The contact has read up to a position. False when they had read as far before: the mark never goes back."""
    c = conversation.c
    marked = session.execute(
        update(conversation).where(c.id == conversation_id, c.read_to < up_to).values(read_to=up_to)
    )
    if marked.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        return False
    messages.mark_read(session, conversation_id, up_to)
    return True


def move(session: Session, conversation_id: str, to: str) -> Conversation:
    """Changes the state; whoever comes second finds it moved. Raises Conflict for a move that is not allowed.

    Outside `agent` nothing is answered, so messages that still awaited a reply stop awaiting one.
    """
    now = microseconds()
    from_states = [state for state, targets in MOVES.items() if to in targets]
    changes: dict[str, Any] = {
        "state": to,
        "updated_at": now,
        "closed_at": now if to == CLOSED else None,
        "waiting_since": now if to == WAITING else None,
    }
    if to != AGENT:
        messages.stop_awaiting(session, conversation_id)
        changes |= {"pending": 0, "lease": None, "due_at": None, "tries": 0}
    c = conversation.c
    moved = session.execute(
        update(conversation).where(c.id == conversation_id, c.state.in_(from_states)).values(changes)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise Conflict(f"A conversation that is {get(session, conversation_id).state} cannot become {to}.")
    session.expire_all()
    return get(session, conversation_id)


def pending_messages(session: Session) -> int:
    """How many stored messages await a reply."""
    return int(session.execute(select(func.coalesce(func.sum(conversation.c.pending), 0))).scalar_one())


def waiting_too_long(session: Session, seconds: float) -> list[str]:
    """Ids of conversations that have waited for a person for more than `seconds`."""
    c = conversation.c
    return list(
        session.execute(
            select(c.id).where(c.state == WAITING, c.waiting_since < now_us() - int(seconds * SECOND)).limit(500)
        ).scalars()
    )


def shown(row: Conversation, unread: int = 0) -> dict[str, Any]:
    """A conversation as clients see it."""
    return {
        "id": row.id,
        "state": row.state,
        "channel": row.channel,
        "contact": row.contact_id,
        "operator": None,
        "subject": row.subject,
        "metadata": row.facts,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "closed_at": rfc3339(row.closed_at),
        "unread": unread,
    }
