"""From the ledger into the database: one transaction stores many envelopes and sets what is due.

Everything here may run twice for the same entries, and by two workers at once: rows are keyed by ids decided before,
conversations are locked in the order of their ids, and entries are stored in sequence.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlmodel import Session

from models import contacts, conversations, inserting, messages, trail
from models.clock import SECOND, microseconds
from models.contacts import contact
from models.conversations import AGENT, CLOSED, REOPEN_WITHIN, conversation
from models.ledger import Entry
from models.messages import message

QUIET = 1 * SECOND  # somebody is on the way to a conversation with pending messages that was touched since
LOOK_AFTER = 10 * SECOND  # the sweeper looks when the wake-up has not been followed by then
_CONTINUED = uuid.UUID("b7f2c4a2-4e0d-5f4e-9d38-0f8ce3c2a6d1")


@dataclass
class _Place:
    """A locked conversation and what this batch adds to it."""

    id: str
    contact_id: str
    state: str
    last_position: int
    pending: int
    retry_at: int
    updated_at: int
    changed: bool = False
    wake: bool = False
    reopened: bool = False


@dataclass(frozen=True)
class Received:
    """What to publish, which conversations now await an answer, and which were closed before."""

    rows: Sequence[Row[Any]] = ()
    answerable: Sequence[str] = ()
    reopened: Sequence[str] = ()
    refused: Sequence[str] = field(default=())


def receive(session: Session, entries: Sequence[Entry]) -> Received:
    """Stores entries in order. What can never be stored becomes a dead letter alone."""
    homes = _homes(session, entries)
    known = messages.known(session, {e.envelope.id for e in entries})
    names = _names(session, {e.envelope.sender for e in entries})
    parents = _parents(session, entries)
    rows: list[dict[str, Any]] = []
    refused: list[str] = []
    for entry in entries:
        envelope, home = entry.envelope, homes.get(entry.envelope.id)
        if envelope.id in known:
            if home is not None:
                home.wake = True  # a rerun: nobody knows whether the wake-up was published
            continue
        if home is None or home.contact_id != envelope.sender:
            refused.append(envelope.id)
            trail.bury(
                session,
                "receive",
                envelope.id,
                envelope.conversation_id,
                "unknown_conversation",
                "The sender has no such conversation.",
                asdict(envelope),
            )
            continue
        known.add(envelope.id)
        rows.append(_row(entry, home, names.get(envelope.sender), parents))
    if rows:
        session.execute(inserting.or_ignore(session, message), rows)
    touched = [home for home in {id(h): h for h in homes.values()}.values() if home.changed]
    _update_places(session, touched)
    now = microseconds()
    places = _unique(homes.values())
    return Received(
        rows=_stored(session, entries),
        answerable=[p.id for p in places if p.wake and p.state == AGENT and p.pending and p.retry_at <= now],
        reopened=[p.id for p in places if p.reopened],
        refused=refused,
    )


def _unique(places: Any) -> list[_Place]:
    return list({place.id: place for place in places}.values())


def _homes(session: Session, entries: Sequence[Entry]) -> dict[str, _Place]:
    """Envelope id → the conversation it goes to, locked. Channels' senders and conversations are made as needed."""
    wanted = _open_for_channels(session, entries)
    places = _locked(session, set(wanted.values()))
    homes: dict[str, _Place] = {}
    for entry in entries:
        envelope = entry.envelope
        place = places.get(wanted[envelope.id])
        if place is None:
            continue
        homes[envelope.id] = _continued(session, places, place, envelope.id, envelope.channel)
    return homes


def _open_for_channels(session: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Envelope id → conversation id; what comes by a channel joins the sender's newest open conversation."""
    wanted = {e.envelope.id: e.envelope.conversation_id for e in entries}
    by_channel = [e for e in entries if e.envelope.address is not None]
    if not by_channel:
        return wanted
    contacts.ensure_senders(
        session, {e.envelope.sender: (e.envelope.channel, e.envelope.address or "") for e in by_channel}
    )
    c = conversation.c
    present = set(session.execute(select(c.id).where(c.id.in_(set(wanted.values())))).scalars())
    joined: dict[str, str] = {}
    for entry in by_channel:
        envelope = entry.envelope
        if envelope.conversation_id in present:
            continue
        if envelope.sender not in joined:
            joined[envelope.sender] = _join_or_open(
                session, envelope.sender, envelope.conversation_id, envelope.channel
            )
        wanted[envelope.id] = joined[envelope.sender]
    return wanted


def _join_or_open(session: Session, sender: str, proposed: str, channel: str) -> str:
    found = conversations.newest_joinable(session, sender)
    if found:
        return found
    conversations.open_new(session, proposed, sender, channel)
    return proposed


def _locked(session: Session, ids: set[str]) -> dict[str, _Place]:
    c = conversation.c
    columns = (c.id, c.contact_id, c.state, c.last_position, c.pending, c.retry_at, c.updated_at)
    rows = session.execute(select(*columns).where(c.id.in_(ids)).order_by(c.id).with_for_update())
    return {row.id: _Place(*row) for row in rows}


def _continued(session: Session, places: dict[str, _Place], place: _Place, message_id: str, channel: str) -> _Place:
    """The place itself, reopened if need be; or, when it was closed long ago, a new conversation of the contact's."""
    if place.state != CLOSED:
        return place
    c = conversation.c
    closed_at = session.execute(select(c.closed_at).where(c.id == place.id)).scalar() or 0
    if closed_at > microseconds() - REOPEN_WITHIN:
        place.state, place.changed, place.reopened = AGENT, True, True
        return place
    successor = str(uuid.uuid5(_CONTINUED, place.id + message_id))
    conversations.open_new(session, successor, place.contact_id, channel)
    places[place.id] = _locked(session, {successor})[successor]
    return places[place.id]


def _names(session: Session, ids: set[str]) -> dict[str, str | None]:
    return {
        row.id: row.name for row in session.execute(select(contact.c.id, contact.c.name).where(contact.c.id.in_(ids)))
    }


def _parents(session: Session, entries: Sequence[Entry]) -> set[tuple[str, str]]:
    """(conversation, message) of every parent that is there: a parent elsewhere is left out of the message."""
    ids = {e.envelope.parent_id for e in entries if e.envelope.parent_id}
    if not ids:
        return set()
    m = message.c
    there = {
        (row.conversation_id, row.id) for row in session.execute(select(m.conversation_id, m.id).where(m.id.in_(ids)))
    }
    return there | {(e.envelope.conversation_id, e.envelope.id) for e in entries}


def _row(entry: Entry, home: _Place, name: str | None, parents: set[tuple[str, str]]) -> dict[str, Any]:
    envelope = entry.envelope
    home.last_position += 1
    home.changed = True
    awaits = home.state == AGENT
    home.wake = home.wake or home.pending == 0 or microseconds() - home.updated_at > QUIET
    home.pending += awaits
    home.retry_at = max(home.retry_at, entry.answer_after)
    parent = envelope.parent_id if (home.id, envelope.parent_id) in parents else None
    return {
        "id": envelope.id, "conversation_id": home.id, "position": home.last_position, "author_kind": "contact",
        "author_name": name, "content": envelope.content, "channel": envelope.channel, "parent_id": parent,
        "facts": envelope.metadata, "status": messages.RECEIVED, "awaits": awaits,
        "accepted_at": entry.sequence, "created_at": microseconds(),
    }  # fmt: skip


def _update_places(session: Session, places: Sequence[_Place]) -> None:
    now = microseconds()
    changes = [
        {
            "key": p.id, "state": p.state, "last_position": p.last_position, "pending": p.pending,
            "retry_at": p.retry_at, "updated_at": now, "closed_at": None,
            "due_at": max(now + LOOK_AFTER, p.retry_at) if p.pending else None,
        }
        for p in places
    ]  # fmt: skip
    if changes:
        names = [name for name in changes[0] if name != "key"]
        statement = update(conversation).where(conversation.c.id == bindparam("key"))
        session.connection().execute(statement.values({name: bindparam(name) for name in names}), changes)


def _stored(session: Session, entries: Sequence[Entry]) -> Sequence[Row[Any]]:
    ids = {e.envelope.id for e in entries}
    return session.execute(select(message).where(message.c.id.in_(ids)).order_by(message.c.accepted_at)).all()
