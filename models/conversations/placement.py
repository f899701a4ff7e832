"""Placement of messages: which conversation a message goes to, opened or reopened if need be."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session

from models.conversations import conversations, listings, places, successors
from models.conversations.conversations import CLOSED, conversation
from models.conversations.places import Place
from models.ledger.inbound import Entry
from models.people import contacts


class Placement:
    """The conversations of a batch of entries, locked. Senders and conversations of channels are stored as needed.

    They are locked in the order of their ids, together with all conversations that continue them, so that two receivers
    do not wait for each other in a circle. A rerun may lock one more afterwards; should that make a circle, PostgreSQL ends
    one of the transactions, and the sweeper repeats it.
    """

    def __init__(self, db: Session, entries: Sequence[Entry]) -> None:
        self._db = db
        self._targets = _targets(db, entries)
        ids = set(self._targets.values())
        self._places = places.lock_with_successors(db, ids | set(map(successors.id_of_successor, ids)))

    def place(self, entry: Entry) -> Place | None:
        """Where to store a new message: its target, reopened if need be, or the newest conversation that continues it.

        None when the sender has no such conversation. A message that was accepted is never refused because of the number
        of open conversations.
        """
        inbound = entry.inbound
        target = self._places.get(self._targets[inbound.id])
        if target is None or target.author(inbound) is None:
            return None
        place = target
        while place.state == CLOSED and successors.is_over(place.closed_at, place.continued_by):
            place = self._successor(place, inbound.channel)
        if place.state == CLOSED:
            place.reopen()
        if place is not target:
            target.continued = target.changed = place.reopened = True
        return place if place.author(inbound) else None

    def place_again(self, entry: Entry, stored_in: str) -> Place | None:
        """Where an earlier run has stored the message. What followed from that may not have been published."""
        if stored_in not in self._places:
            self._places |= places.lock(self._db, {stored_in})
        place = self._places.get(stored_in)
        target = self._places.get(self._targets[entry.inbound.id])
        if place is not None and target is not None and target.id != stored_in and target.continued_by:
            place.reopened = target.continued = True
            for earlier in self._places.values():
                if earlier.continued_by == stored_in:
                    earlier.continued = True
        return place

    @property
    def all(self) -> list[Place]:
        """Every conversation that was locked."""
        return list(self._places.values())

    def _successor(self, place: Place, channel: str) -> Place:
        """The conversation that continues this one, opened if it does not exist."""
        id_ = successors.id_of_successor(place.id)
        if id_ not in self._places:
            conversations.open_new(self._db, id_, place.contact_id, channel, user_id=place.user_id)
            self._places |= places.lock(self._db, {id_})
        if place.continued_by is None:
            place.continued_by, place.continued, place.changed = id_, True, True
        return self._places[id_]


def _targets(db: Session, entries: Sequence[Entry]) -> dict[str, str]:
    """Inbound id → conversation id. A message from a channel joins the sender's newest open conversation."""
    targets = {e.inbound.id: e.inbound.conversation_id for e in entries}
    by_channel = [e.inbound for e in entries if e.inbound.address is not None]
    if not by_channel:
        return targets
    contacts.ensure_senders(db, {e.sender: (e.channel, e.address or "") for e in by_channel})
    c = conversation.c
    existing = set(db.execute(select(c.id).where(c.id.in_(set(targets.values())))).scalars())
    joined: dict[str, str] = {}
    for inbound in by_channel:
        if inbound.conversation_id in existing:
            continue
        sender = inbound.sender
        if sender not in joined:
            joined[sender] = _join_or_open(db, sender, inbound.conversation_id, inbound.channel)
        targets[inbound.id] = joined[sender]
    return targets


def _join_or_open(db: Session, sender: str, proposed: str, channel: str) -> str:
    joinable = listings.newest_joinable(db, sender)
    if joinable:
        return joinable
    conversations.open_new(db, proposed, sender, channel)
    return proposed
