"""Conversations: their table, their states, and whose they are. The lease in their rows is taken in `leases`.

`agent → waiting | human | closed`, `waiting → human | agent | closed`, `human → agent | waiting | closed`,
`closed → agent`. In `agent` every message gets exactly one reply, in `waiting` and `human` none.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Table, func, select, text, update
from sqlmodel import Field, Session

from models.clock import SECOND, microseconds
from models.conversations import handoffs, messages
from models.conversations.handoffs import HandOff
from models.due.rows import Waits
from models.errors import Conflict, NotFound
from models.people import contacts
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
    contact_id: str | None = Field(default=None, foreign_key="contact.id", max_length=36)  # who began it as a visitor
    user_id: str | None = Field(default=None, foreign_key="users.id", max_length=36)  # whose it is, once it is a user's
    subject: str | None = None
    opening: str | None = Field(
        default=None, max_length=64
    )  # the hash of the body that opened it, when a key came with it
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)  # the contract's `metadata`
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
    continued_by: str | None = Field(default=None, max_length=36)  # see `successors`; no key: it may be deleted
    waiting_since: int | None = Field(default=None, sa_type=BigInteger)
    handoff_by: str | None = Field(default=None, max_length=8)  # while it waits for a person or has one: who asked,
    handoff_reason: str | None = Field(default=None, max_length=500)  # and why; for operators only
    revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})  # see NEW_REVISION

    last_position: int = 0  # of its newest message: messages are numbered 1, 2, 3 … as they are stored
    read_to: int = 0  # the position up to which the contact has read

    pending: int = 0  # messages that await a reply; who answers them is decided by the columns of `Waits`


conversation = cast(Table, Conversation.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped

# Belongs to each UPDATE whose effect clients can see: see `views`.
NEW_REVISION = {"revision": conversation.c.revision + 1}


def get(db: Session, conversation_id: str) -> Conversation:
    """The conversation. Raises NotFound."""
    found = db.get(Conversation, conversation_id)
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


def is_owner(row: Conversation, contact_or_user: str) -> bool:
    """Whether the conversation is this user's; or this contact's, as long as no user has taken it over."""
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
    """A new conversation in state `agent`, a contact's or a user's; does nothing when the id is there already."""
    now = microseconds()
    row = {
        "id": conversation_id, "state": AGENT, "channel": channel, "contact_id": contact_id, "user_id": user_id,
        "facts": facts or {}, "created_at": now, "updated_at": now, "last_position": 0, "read_to": 0, "pending": 0,
        "tries": 0, "wakes": 0, "lease_until": 0, "retry_at": 0, "opening": opening,
    }  # fmt: skip
    db.execute(inserts.or_ignore(db, conversation), [row])


def mark_read(db: Session, conversation_id: str, up_to: int) -> int | None:
    """The person has read up to a position. Returns the new revision, or None when they had read as far before: the mark
    never goes back."""
    c = conversation.c
    marking = update(conversation).where(c.id == conversation_id, c.read_to < up_to)
    revision = db.execute(marking.values(read_to=up_to, **NEW_REVISION).returning(c.revision)).scalar()
    if revision is not None:
        messages.mark_read(db, conversation_id, up_to)
    return revision


def move(
    db: Session, conversation_id: str, to: str, hand_off: HandOff | None = None, *, expected: str | None = None
) -> Conversation:
    """Changes the state; whoever comes second finds it moved. Raises Conflict for a move that is not allowed.

    `hand_off` says why a person is asked for; without one, what was said before stays until the wish is over.
    A caller that acts on the state it has seen names it as `expected`: any other state is then a Conflict, too.
    Outside `agent` nothing is answered, so messages that still awaited a reply stop awaiting one.
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
    moved = db.execute(update(conversation).where(c.id == conversation_id, c.state.in_(from_states)).values(changes))
    if moved.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise Conflict(f"A conversation in the state {get(db, conversation_id).state} cannot change to {to}.")
    db.expire_all()
    return get(db, conversation_id)


def pending_messages(db: Session) -> int:
    """How many stored messages await a reply."""
    return int(db.execute(select(func.coalesce(func.sum(conversation.c.pending), 0))).scalar_one())


def release_user(db: Session, user_id: str) -> None:
    """What a deleted user leaves behind: conversations of a nameless contact, in which nobody of their side has a name.

    Who began one as a visitor was the same person, so that contact loses its name, too, and its token stays void.
    """
    c = conversation.c
    found = select(c.id, c.contact_id).where(c.user_id == user_id).order_by(c.id).with_for_update()
    rows = db.execute(found).all()
    if not rows:
        return
    nobody = str(uuid.uuid4())
    contacts.open_visitor(db, nobody, {})
    db.execute(update(conversation).where(c.user_id == user_id).values(user_id=None, contact_id=nobody, **NEW_REVISION))
    contacts.retire(db, [row.contact_id for row in rows if row.contact_id])
    messages.forget_names(db, [row.id for row in rows])
    db.expire_all()
