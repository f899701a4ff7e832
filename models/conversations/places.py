"""Conversations to which a batch adds messages: locked, changed in memory, and written together at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from models.clock import SECOND, microseconds
from models.conversations import successors
from models.conversations.conversations import AGENT, NEW_REVISION, conversation
from models.conversations.messages import OURS
from models.ledger.inbound import Inbound
from models.people.contacts import contact
from models.people.users import user

QUIET = 1 * SECOND  # a conversation with pending messages that changed within this time already has a worker
AHEAD = 32  # successors that are looked up at once
SWEEP_AFTER = 10 * SECOND  # when the sweeper wakes a worker, should the wake-up have been lost


@dataclass
class Place:
    """A conversation, locked, with what this batch adds to it."""

    id: str
    contact_id: str | None
    contact_name: str | None
    user_id: str | None
    user_name: str | None
    state: str
    last_position: int
    pending: int
    retry_at: int
    updated_at: int
    closed_at: int | None
    continued_by: str | None
    changed: bool = False
    wake: bool = False
    reopened: bool = False  # or opened as a successor: the owner's other devices may not know it yet
    continued: bool = False  # a message to it went to a successor: clients that follow it must learn that

    def author(self, inbound: Inbound) -> tuple[str, str | None] | None:
        """Kind and name of the author; None when the sender does not own the conversation.

        Our side (operator, system) names itself. A visitor who began the conversation may still write after a user has taken
        it over, since the message was accepted before.
        """
        if inbound.author_kind in OURS:
            return inbound.author_kind, inbound.author_name
        if inbound.sender == self.user_id:
            return "user", self.user_name
        return ("contact", self.contact_name) if inbound.sender == self.contact_id else None

    def reopen(self) -> None:
        """Gives the conversation back to the agent."""
        self.state, self.closed_at, self.changed, self.reopened = AGENT, None, True, True

    def add(self, answer_after: int, *, needs_reply: bool) -> bool:
        """Makes room for one more message. True when it awaits a reply: it needs one, and the agent has the conversation."""
        awaits = self.state == AGENT and needs_reply
        self.changed = True
        self.wake = self.wake or self.pending == 0 or microseconds() - self.updated_at > QUIET
        self.last_position += 1
        self.pending += awaits
        self.retry_at = max(self.retry_at, answer_after)
        return awaits

    @property
    def answerable(self) -> bool:
        """Whether an answer is to be woken now."""
        return self.wake and self.state == AGENT and self.pending > 0 and self.retry_at <= microseconds()


def lock_with_successors(db: Session, ids: set[str]) -> dict[str, Place]:
    """As `lock`, together with all conversations that continue these, in the order of their ids.

    Whether a conversation is continued may be known only once it is locked. Its successor may come before it in the
    order, so all are unlocked and locked again.
    """
    looked_up: set[str] = set()
    while True:
        savepoint = db.begin_nested()
        places = lock(db, ids)
        missing = {place.continued_by for place in places.values() if place.continued_by} - places.keys() - looked_up
        if not missing:
            savepoint.commit()
            return places
        savepoint.rollback()
        looked_up |= missing  # one that is still missing the next time has been deleted
        ids = ids.union(missing, *(islice(successors.ids_after(id_), AHEAD) for id_ in missing))


def lock(db: Session, ids: Iterable[str]) -> dict[str, Place]:
    """Those of the conversations that exist, by id, locked until the transaction ends."""
    c = conversation.c
    u = user.c
    name = func.coalesce(func.nullif(u.full_name, ""), u.username)  # never the e-mail address
    owners = (c.contact_id, contact.c.name, c.user_id, name)
    query = select(
        c.id, *owners, c.state, c.last_position, c.pending, c.retry_at, c.updated_at, c.closed_at, c.continued_by
    )
    query = query.outerjoin(contact, contact.c.id == c.contact_id).outerjoin(user, u.id == c.user_id)
    query = query.where(c.id.in_(set(ids))).order_by(c.id)
    return {row.id: Place(*row) for row in db.execute(query.with_for_update(of=conversation))}


def update_all(db: Session, places: Iterable[Place]) -> None:
    """Writes what the batch has added, and when the sweeper wakes a worker."""
    now = microseconds()
    changes = [
        {
            "key": place.id, "state": place.state, "last_position": place.last_position, "pending": place.pending,
            "retry_at": place.retry_at, "updated_at": now, "closed_at": place.closed_at, "continued_by": place.continued_by,
            "due_at": max(now + SWEEP_AFTER, place.retry_at) if place.pending else None,
        }
        for place in places
    ]  # fmt: skip
    if changes:
        names = [name for name in changes[0] if name != "key"]
        query = update(conversation).where(conversation.c.id == bindparam("key"))
        query = query.values({name: bindparam(name) for name in names} | NEW_REVISION)
        db.connection().execute(query, changes)
