"""Where a message goes: its conversation, locked for this transaction, and what a batch adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from models.clock import SECOND, microseconds
from models.conversations import conversations, listings, successors
from models.conversations.conversations import AGENT, CLOSED, NEW_REVISION, conversation
from models.conversations.messages import OURS
from models.ledger.inbound import Entry, Inbound
from models.people import contacts
from models.people.contacts import contact
from models.people.users import user

QUIET = 1 * SECOND  # somebody is on the way to a conversation with pending messages that was touched since
AHEAD = 32  # successors that are looked up at once
LOOK_AFTER = 10 * SECOND  # the sweeper looks when a wake-up has not been followed by then


@dataclass
class Place:
    """A conversation, locked, and what this batch adds to it."""

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
    reopened: bool = False  # or a successor: its owner's other devices may not have heard of it
    passed: bool = False  # a message to it went on to a successor: those who follow it are to be told

    def author(self, inbound: Inbound) -> tuple[str, str | None] | None:
        """Kind and name of the author; None when the conversation is not the sender's.

        Our own side (operator, system) says who it is. Who began the conversation as a visitor is heard also when a user
        has taken it over since: the message was accepted before.
        """
        if inbound.author_kind in OURS:
            return inbound.author_kind, inbound.author_name
        if inbound.sender == self.user_id:
            return "user", self.user_name
        return ("contact", self.contact_name) if inbound.sender == self.contact_id else None

    def reopen(self) -> None:
        """The agent's again."""
        self.state, self.closed_at, self.changed, self.reopened = AGENT, None, True, True

    def add(self, answer_after: int, *, asks: bool) -> bool:
        """Makes room for one message more. True when it awaits a reply: it asks for one, and the agent answers."""
        awaits = self.state == AGENT and asks
        self.changed = True
        self.wake = self.wake or self.pending == 0 or microseconds() - self.updated_at > QUIET
        self.last_position += 1
        self.pending += awaits
        self.retry_at = max(self.retry_at, answer_after)
        return awaits

    @property
    def answerable(self) -> bool:
        """True when an answer is to be woken now."""
        return self.wake and self.state == AGENT and self.pending > 0 and self.retry_at <= microseconds()


class Places:
    """The conversations that a batch of entries is for, locked. Channels' senders and conversations are made as needed.

    They are locked in the order of their ids, and with them all that continue them, so that two receivers never wait for
    each other in a circle.
    """

    def __init__(self, db: Session, entries: Sequence[Entry]) -> None:
        self._session = db
        self._named = _opened_for_channels(db, entries)
        ids = set(self._named.values())
        self._found = _locked_with_successors(db, ids | set(map(successors.id_of_successor, ids)))

    def place(self, entry: Entry) -> Place | None:
        """Where a new message is stored: the conversation it names, reopened if need be, or the newest that continues it.

        None when the sender has no such conversation. A message that was accepted is never refused for the number of
        open conversations.
        """
        inbound = entry.inbound
        named = self._found.get(self._named[inbound.id])
        if named is None or named.author(inbound) is None:
            return None
        place = named
        while place.state == CLOSED and successors.is_over(place.closed_at, place.continued_by):
            place = self._successor(place, inbound.channel)
        if place.state == CLOSED:
            place.reopen()
        if place is not named:
            named.passed = named.changed = place.reopened = True
        return place if place.author(inbound) else None

    def place_again(self, entry: Entry, stored_in: str) -> Place | None:
        """Where an earlier run has stored a message. Nobody knows whether what followed from it was told."""
        if stored_in not in self._found:
            self._found |= _locked(self._session, {stored_in})
        place = self._found.get(stored_in)
        named = self._found.get(self._named[entry.inbound.id])
        if place is not None and named is not None and named.id != stored_in and named.continued_by:
            place.reopened = True
            for one in (named, *(one for one in self._found.values() if one.continued_by == stored_in)):
                one.passed = True
        return place

    @property
    def all(self) -> list[Place]:
        """Every conversation that was looked at."""
        return list(self._found.values())

    def _successor(self, place: Place, channel: str) -> Place:
        """The conversation that continues this one, opened if it is not there."""
        id_ = successors.id_of_successor(place.id)
        if id_ not in self._found:
            conversations.open_new(self._session, id_, place.contact_id, channel, user_id=place.user_id)
            self._found |= _locked(self._session, {id_})
        if place.continued_by is None:
            place.continued_by, place.passed, place.changed = id_, True, True
        return self._found[id_]


def _opened_for_channels(db: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Inbound id → conversation id; what comes by a channel joins the sender's newest open conversation."""
    wanted = {e.inbound.id: e.inbound.conversation_id for e in entries}
    by_channel = [e.inbound for e in entries if e.inbound.address is not None]
    if not by_channel:
        return wanted
    contacts.ensure_senders(db, {e.sender: (e.channel, e.address or "") for e in by_channel})
    c = conversation.c
    present = set(db.execute(select(c.id).where(c.id.in_(set(wanted.values())))).scalars())
    joined: dict[str, str] = {}
    for inbound in by_channel:
        if inbound.conversation_id in present:
            continue
        sender = inbound.sender
        if sender not in joined:
            joined[sender] = _join_or_open(db, sender, inbound.conversation_id, inbound.channel)
        wanted[inbound.id] = joined[sender]
    return wanted


def _join_or_open(db: Session, sender: str, proposed: str, channel: str) -> str:
    found = listings.newest_joinable(db, sender)
    if found:
        return found
    conversations.open_new(db, proposed, sender, channel)
    return proposed


def _locked_with_successors(db: Session, ids: set[str]) -> dict[str, Place]:
    """These conversations and all that continue them, locked in the order of their ids.

    That a conversation is continued may be known only once it is locked. Its successor may come before it in the order,
    so all are unlocked and locked again.
    """
    looked_for: set[str] = set()
    while True:
        savepoint = db.begin_nested()
        places = _locked(db, ids)
        missing = {place.continued_by for place in places.values() if place.continued_by} - places.keys() - looked_for
        if not missing:
            savepoint.commit()
            return places
        savepoint.rollback()
        looked_for |= missing  # one that is not there next time either has been deleted
        ids = ids.union(missing, *(islice(successors.ids_after(id_), AHEAD) for id_ in missing))


def _locked(db: Session, ids: set[str]) -> dict[str, Place]:
    c = conversation.c
    u = user.c
    name = func.coalesce(func.nullif(u.full_name, ""), u.username)  # never the e-mail address
    owners = (c.contact_id, contact.c.name, c.user_id, name)
    query = select(
        c.id, *owners, c.state, c.last_position, c.pending, c.retry_at, c.updated_at, c.closed_at, c.continued_by
    )
    query = query.outerjoin(contact, contact.c.id == c.contact_id).outerjoin(user, u.id == c.user_id)
    query = query.where(c.id.in_(ids)).order_by(c.id)
    return {row.id: Place(*row) for row in db.execute(query.with_for_update(of=conversation))}


def update_all(db: Session, changed: Iterable[Place]) -> None:
    """Writes what the batch has added, and when the sweeper shall look."""
    now = microseconds()
    changes = [
        {
            "key": p.id, "state": p.state, "last_position": p.last_position, "pending": p.pending,
            "retry_at": p.retry_at, "updated_at": now, "closed_at": p.closed_at, "continued_by": p.continued_by,
            "due_at": max(now + LOOK_AFTER, p.retry_at) if p.pending else None,
        }
        for p in changed
    ]  # fmt: skip
    if changes:
        names = [name for name in changes[0] if name != "key"]
        statement = update(conversation).where(conversation.c.id == bindparam("key"))
        statement = statement.values({name: bindparam(name) for name in names} | NEW_REVISION)
        db.connection().execute(statement, changes)
