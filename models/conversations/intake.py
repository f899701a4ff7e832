"""From the ledger into the database: one transaction stores many envelopes and sets what is due.

Everything here may run twice for the same entries, and by two workers at once: rows are keyed by ids decided before,
conversations are locked, and entries are stored in sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from models import trail
from models.clock import microseconds
from models.conversations import messages, placement
from models.conversations.messages import message
from models.conversations.placement import Place, Places
from models.ledger.envelopes import DAMAGED, Entry
from models.store import inserts
from models.texts import is_blank


@dataclass(frozen=True)
class Received:
    """What to publish, which conversations now await an answer, which were closed before or are new in a closed one's
    stead, which are continued by another one, and what was refused."""

    rows: Sequence[Row[Any]] = ()
    answerable: Sequence[str] = ()
    reopened: Sequence[str] = ()
    continued: Sequence[str] = ()
    refused: Sequence[str] = ()


def receive(db: Session, entries: Sequence[Entry]) -> Received:
    """Stores entries in order. What can never be stored becomes a dead letter alone."""
    places = Places(db, entries)
    stored_in = messages.conversations_of(db, {e.envelope.id for e in entries})
    new: list[tuple[Entry, Place]] = []
    refused: list[str] = []
    for entry in entries:
        id_ = entry.envelope.id
        if id_ in stored_in:
            if (place := places.place_again(entry, stored_in[id_])) is not None:
                place.wake = True  # a rerun: nobody knows whether the wake-up was published
        elif (place := places.place(entry)) is None:
            refused.append(_refuse(db, entry))
        else:
            stored_in[id_] = place.id
            new.append((entry, place))
    _store(db, new)
    placement.update_all(db, [place for place in places.all if place.changed])
    return Received(
        rows=_stored(db, entries),
        answerable=[place.id for place in places.all if place.answerable],
        reopened=[place.id for place in places.all if place.reopened],
        continued=[place.id for place in places.all if place.passed],
        refused=refused,
    )


def _store(db: Session, new: Sequence[tuple[Entry, Place]]) -> None:
    parents = _parents(db, new)
    rows = [_row(entry, place, parents) for entry, place in new]
    if rows:
        db.execute(inserts.or_ignore(db, message), rows)


def _refuse(db: Session, entry: Entry) -> str:
    envelope = entry.envelope
    kind, reason = "unknown_conversation", "The sender has no such conversation."
    if envelope.channel == DAMAGED:
        kind, reason = "damaged", "The ledger's entry is no envelope; its text is kept as the content."
    trail.bury(db, "receive", envelope.id, envelope.conversation_id, kind, reason, asdict(envelope))
    return envelope.id


def _parents(db: Session, new: Sequence[tuple[Entry, Place]]) -> set[tuple[str, str]]:
    """(conversation, message) of every parent that is there: a parent elsewhere is left out of the message."""
    ids = {entry.envelope.parent_id for entry, _ in new if entry.envelope.parent_id}
    if not ids:
        return set()
    m = message.c
    stored = db.execute(select(m.conversation_id, m.id).where(m.id.in_(ids)))
    return {(row.conversation_id, row.id) for row in stored} | {(place.id, entry.envelope.id) for entry, place in new}


def _row(entry: Entry, place: Place, parents: set[tuple[str, str]]) -> dict[str, Any]:
    envelope = entry.envelope
    kind, name = place.author(envelope.sender) or ("contact", None)
    awaits = place.add(entry.answer_after, blank=is_blank(envelope.content))
    parent = envelope.parent_id if (place.id, envelope.parent_id) in parents else None
    return {
        "id": envelope.id, "conversation_id": place.id, "position": place.last_position, "author_kind": kind,
        "author_name": name, "content": envelope.content, "channel": envelope.channel,
        "parent_id": parent, "facts": envelope.metadata, "status": messages.RECEIVED, "awaits": awaits,
        "accepted_at": entry.sequence, "created_at": microseconds(),
    }  # fmt: skip


def _stored(db: Session, entries: Sequence[Entry]) -> Sequence[Row[Any]]:
    """As the database has them, those of an earlier run as well."""
    ids = {e.envelope.id for e in entries}
    return db.execute(select(message).where(message.c.id.in_(ids)).order_by(message.c.accepted_at)).all()
