"""Where a message goes: its conversation, locked for this transaction, and what a batch adds to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from models import contacts, conversations, listing
from models.accounts.users import user
from models.clock import SECOND, microseconds
from models.contacts import contact
from models.conversations import AGENT, CLOSED, NEW_REVISION, REOPEN_WITHIN, conversation
from models.envelopes import Entry

QUIET = 1 * SECOND  # somebody is on the way to a conversation with pending messages that was touched since
LOOK_AFTER = 10 * SECOND  # the sweeper looks when a wake-up has not been followed by then
_CONTINUED = uuid.UUID("b7f2c4a2-4e0d-5f4e-9d38-0f8ce3c2a6d1")


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
    changed: bool = False
    wake: bool = False
    reopened: bool = False  # or new in the stead of one closed long ago

    def author(self, sender: str) -> tuple[str, str | None] | None:
        """Kind and name of the author of what this sender writes; None when the conversation is not the sender's.

        Who began it as a visitor is heard also when a user has taken it over since: the message was accepted before.
        """
        if sender == self.user_id:
            return "user", self.user_name
        return ("contact", self.contact_name) if sender == self.contact_id else None

    def add(self, answer_after: int, *, blank: bool) -> bool:
        """Makes room for one message more. True when it awaits a reply: there is none to a blank message."""
        awaits = self.state == AGENT and not blank
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


def places(session: Session, entries: Sequence[Entry]) -> dict[str, Place]:
    """Envelope id → its place. Channels' senders and conversations are made as needed; an unknown conversation has none.

    Conversations are locked in the order of their ids, so that two receivers never wait for each other in a circle.
    """
    wanted = _opened_for_channels(session, entries)
    found = _locked(session, set(wanted.values()))
    placed: dict[str, Place] = {}
    for entry in entries:
        place = found.get(wanted[entry.envelope.id])
        if place is not None:
            placed[entry.envelope.id] = _continued(session, found, place, entry)
    return placed


def _opened_for_channels(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Envelope id → conversation id; what comes by a channel joins the sender's newest open conversation."""
    wanted = {e.envelope.id: e.envelope.conversation_id for e in entries}
    by_channel = [e.envelope for e in entries if e.envelope.address is not None]
    if not by_channel:
        return wanted
    contacts.ensure_senders(session, {e.sender: (e.channel, e.address or "") for e in by_channel})
    c = conversation.c
    present = set(session.execute(select(c.id).where(c.id.in_(set(wanted.values())))).scalars())
    joined: dict[str, str] = {}
    for envelope in by_channel:
        if envelope.conversation_id in present:
            continue
        sender = envelope.sender
        if sender not in joined:
            joined[sender] = _join_or_open(session, sender, envelope.conversation_id, envelope.channel)
        wanted[envelope.id] = joined[sender]
    return wanted


def _join_or_open(session: Session, sender: str, proposed: str, channel: str) -> str:
    found = listing.newest_joinable(session, sender)
    if found:
        return found
    conversations.open_new(session, proposed, sender, channel)
    return proposed


def _locked(session: Session, ids: set[str]) -> dict[str, Place]:
    c = conversation.c
    u = user.c
    name = func.coalesce(func.nullif(u.full_name, ""), u.username)  # never the e-mail address
    owners = (c.contact_id, contact.c.name, c.user_id, name)
    asked = select(c.id, *owners, c.state, c.last_position, c.pending, c.retry_at, c.updated_at)
    asked = asked.outerjoin(contact, contact.c.id == c.contact_id).outerjoin(user, u.id == c.user_id)
    asked = asked.where(c.id.in_(ids)).order_by(c.id)
    return {row.id: Place(*row) for row in session.execute(asked.with_for_update(of=conversation))}


def _continued(session: Session, found: dict[str, Place], place: Place, entry: Entry) -> Place:
    """The place itself, reopened if need be; or, when it was closed long ago, a new conversation of the same owner's.

    A message that was accepted is never refused for the number of open conversations."""
    if place.state != CLOSED:
        return place
    closed_at = session.execute(select(conversation.c.closed_at).where(conversation.c.id == place.id)).scalar() or 0
    if closed_at > microseconds() - REOPEN_WITHIN:
        place.state, place.changed, place.reopened = AGENT, True, True
        return place
    successor = str(uuid.uuid5(_CONTINUED, place.id + entry.envelope.id))
    conversations.open_new(session, successor, place.contact_id, entry.envelope.channel, user_id=place.user_id)
    opened = found[place.id] = _locked(session, {successor})[successor]
    opened.reopened = True  # its owner's other devices have not heard of it
    return opened


def update_all(session: Session, touched: Iterable[Place]) -> None:
    """Writes what the batch has added, and when the sweeper shall look."""
    now = microseconds()
    changes = [
        {
            "key": p.id, "state": p.state, "last_position": p.last_position, "pending": p.pending,
            "retry_at": p.retry_at, "updated_at": now, "closed_at": None,
            "due_at": max(now + LOOK_AFTER, p.retry_at) if p.pending else None,
        }
        for p in touched
    ]  # fmt: skip
    if changes:
        names = [name for name in changes[0] if name != "key"]
        statement = update(conversation).where(conversation.c.id == bindparam("key"))
        statement = statement.values({name: bindparam(name) for name in names} | NEW_REVISION)
        session.connection().execute(statement, changes)
