"""Conversations: their table, their states, and their owners. `leases` takes the lease in their rows.

`agent → waiting | human | closed`, `waiting → human | agent | closed`, `human → agent | waiting | closed`,
`closed → agent`. In `agent` every message gets exactly one reply, in `waiting` and `human` none.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Table, func, select, text, update
from sqlmodel import Field, Session

from models.clock import SECOND, microseconds
from models.conversations import handoffs, messages
from models.conversations.handoffs import HandOff
from models.due.rows import Waits
from models.errors import Conflict, NotFound
from models.store import inserts

AGENT, WAITING, HUMAN, CLOSED = "agent", "waiting", "human", "closed"
MOVES = {
    AGENT: {WAITING, HUMAN, CLOSED},
    WAITING: {HUMAN, AGENT, CLOSED},
    HUMAN: {AGENT, WAITING, CLOSED},
    CLOSED: {AGENT},
}
REOPEN_WITHIN = 24 * 3600 * SECOND


class Conversation(Waits, table=True):
    """One conversation. Times are microseconds (see models.clock)."""

    __table_args__ = (
        Index("conversation_due", "due_at"),
        Index("conversation_contact", "contact_id", "created_at"),
        Index("conversation_user", "user_id", "created_at"),
        Index(
            "conversation_silence", "updated_at",
            sqlite_where=text("state = 'agent'"), postgresql_where=text("state = 'agent'"),
        ),
        CheckConstraint("contact_id IS NOT NULL OR user_id IS NOT NULL", name="conversation_has_an_owner"),
    )  # fmt: skip

    id: str = Field(primary_key=True, max_length=36)
    state: str = Field(default=AGENT, max_length=8)
    channel: str = Field(max_length=64)
    contact_id: str | None = Field(default=None, foreign_key="contact.id", max_length=36)  # the visitor who began it
    user_id: str | None = Field(default=None, foreign_key="users.id", max_length=36)  # the owner, once a user owns it
    subject: str | None = None
    # The hash of the request that opened it with an idempotency key.
    opening: str | None = Field(default=None, max_length=64)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # the contract's `metadata`
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
    # See `successors`; no foreign key: that row may be deleted.
    continued_by: str | None = Field(default=None, max_length=36)
    waiting_since: int | None = Field(default=None, sa_type=BigInteger)
    handoff_by: str | None = Field(default=None, max_length=8)  # in `waiting` and `human`: who asked for a person,
    handoff_reason: str | None = Field(default=None, max_length=500)  # and why; for operators only
    revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})  # see NEW_REVISION

    last_position: int = 0  # of its newest message: messages are numbered 1, 2, 3 … as they are stored
    read_to: int = 0  # the position up to which the contact has read

    pending: int = 0  # messages that await a reply; the columns of `Waits` decide which worker answers


conversation = cast(Table, Conversation.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped

# Part of each UPDATE whose effect clients can see: see `views`.
NEW_REVISION = {"revision": conversation.c.revision + 1}


def get(db: Session, conversation_id: str) -> Conversation:
    """The conversation. Raises NotFound."""
    row = db.get(Conversation, conversation_id)
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


def is_owner(row: Conversation, contact_or_user: str) -> bool:
    """Whether the conversation is this user's, or this contact's as long as no user has taken it over."""
    return contact_or_user == (row.user_id or row.contact_id)


def open_new(
    db: Session,
    conversation_id: str,
    contact_id: str | None,
    channel: str,
    facts: dict[str, Any] | None = None,
    user_id: str | None = None,
    opening: str | None = None,
) -> None:
    """Stores a new conversation in state `agent` for a contact or a user. Does nothing when the id exists."""
    now = microseconds()
    row = {
        "id": conversation_id, "state": AGENT, "channel": channel, "contact_id": contact_id, "user_id": user_id,
        "facts": facts or {}, "created_at": now, "updated_at": now, "last_position": 0, "read_to": 0, "pending": 0,
        "tries": 0, "wakes": 0, "lease_until": 0, "retry_at": 0, "opening": opening,
    }  # fmt: skip
    db.execute(inserts.or_ignore(db, conversation), [row])


def mark_read(db: Session, conversation_id: str, up_to: int) -> int | None:
    """Records that the person has read up to a position. Returns the new revision; None when the mark is already there or
    further, since it never goes back."""
    c = conversation.c
    query = update(conversation).where(c.id == conversation_id, c.read_to < up_to)
    revision = db.execute(query.values(read_to=up_to, **NEW_REVISION).returning(c.revision)).scalar()
    if revision is not None:
        messages.mark_read(db, conversation_id, up_to)
    return revision


def move(
    db: Session, conversation_id: str, to: str, hand_off: HandOff | None = None, *, expected: str | None = None
) -> Conversation:
    """Changes the state and returns the conversation. Raises Conflict for a move that is not allowed.

    `hand_off`: why a person is asked for; without it, an earlier reason stays until the agent has the conversation again.
    `expected`: the state that the caller has seen; any other state is a Conflict. Of two concurrent moves, the conditional
    UPDATE lets one win. Outside `agent` nothing is answered, so pending messages stop awaiting a reply.
    """
    now = microseconds()
    from_states = [state for state, targets in MOVES.items() if to in targets and expected in {None, state}]
    changes: dict[str, Any] = {
        "state": to,
        "updated_at": now,
        "closed_at": now if to == CLOSED else None,
        "waiting_since": now if to == WAITING else None,
        **NEW_REVISION,
    }
    if to in {AGENT, CLOSED}:
        changes |= handoffs.NONE
    elif hand_off is not None:
        changes |= hand_off.values
    if to != AGENT:
        messages.stop_awaiting(db, conversation_id)
        changes |= {"pending": 0, "lease": None, "due_at": None, "tries": 0}
    c = conversation.c
    result = db.execute(update(conversation).where(c.id == conversation_id, c.state.in_(from_states)).values(changes))
    if result.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise Conflict(f"A conversation in the state {get(db, conversation_id).state} cannot change to {to}.")
    db.expire_all()
    return get(db, conversation_id)


def pending_messages(db: Session) -> int:
    """The number of stored messages that await a reply."""
    return int(db.execute(select(func.coalesce(func.sum(conversation.c.pending), 0))).scalar_one())
