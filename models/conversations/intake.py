"""Intake from the ledger into the database: one transaction applies many entries and sets what is due.

Everything here may run twice for the same entries, and in two workers at once: ids are decided beforehand,
conversations are locked, and entries are stored in sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from models import trail
from models.clock import microseconds
from models.conversations import messages, places
from models.conversations.messages import message
from models.conversations.placement import Placement
from models.conversations.places import Place
from models.ledger.inbound import DAMAGED, MESSAGE, Entry
from models.store import inserts
from models.texts import is_blank


@dataclass(frozen=True)
class Received:
    """What followed from a batch.

    `rows`: messages to publish. `answerable`: conversations to answer now. `reopened`: conversations that were closed, or
    are new successors. `continued`: conversations that have a successor now. `refused`: ids of entries that became dead
    letters."""

    rows: Sequence[Row[Any]] = ()
    answerable: Sequence[str] = ()
    reopened: Sequence[str] = ()
    continued: Sequence[str] = ()
    refused: Sequence[str] = ()


def receive(db: Session, entries: Sequence[Entry]) -> Received:
    """Applies entries in order, each by its kind's handler. An entry that can never be applied becomes a dead letter."""
    runs = groupby(entries, key=lambda entry: entry.inbound.kind)
    return _merged([HANDLERS.get(kind, _refuse_kind)(db, list(run)) for kind, run in runs])


def _merged(parts: Sequence[Received]) -> Received:
    if len(parts) == 1:
        return parts[0]
    return Received(*([item for part in parts for item in getattr(part, field.name)] for field in fields(Received)))


def _refuse_kind(db: Session, entries: Sequence[Entry]) -> Received:
    """Refuses entries that a newer version of the ingress accepted. A newer worker can apply them when they are replayed."""
    reason = "This version knows no entries of this kind."
    return Received(refused=[_add_dead_letter(db, entry, "unknown_kind", reason) for entry in entries])


def store_messages(db: Session, entries: Sequence[Entry]) -> Received:
    """Stores messages, and opens, reopens or continues their conversations."""
    placement = Placement(db, entries)
    stored_in = messages.conversations_of(db, {e.inbound.id for e in entries})
    new: list[tuple[Entry, Place]] = []
    refused: list[str] = []
    for entry in entries:
        id_ = entry.inbound.id
        if id_ in stored_in:
            if (place := placement.place_again(entry, stored_in[id_])) is not None:
                place.wake = True  # a rerun: the wake-up may not have been published
        elif (place := placement.place(entry)) is None:
            refused.append(_refuse(db, entry))
        else:
            stored_in[id_] = place.id
            new.append((entry, place))
    _store(db, new)
    places.update_all(db, [place for place in placement.all if place.changed])
    return Received(
        rows=_select_rows(db, entries),
        answerable=[place.id for place in placement.all if place.answerable],
        reopened=[place.id for place in placement.all if place.reopened],
        continued=[place.id for place in placement.all if place.continued],
        refused=refused,
    )


def _store(db: Session, new: Sequence[tuple[Entry, Place]]) -> None:
    parents = _parents(db, new)
    rows = [_row(entry, place, parents) for entry, place in new]
    if rows:
        db.execute(inserts.or_ignore(db, message), rows)


def _refuse(db: Session, entry: Entry) -> str:
    inbound = entry.inbound
    kind, reason = "unknown_conversation", "The sender has no conversation with this id."
    if inbound.channel == DAMAGED:
        kind, reason = "damaged", "The entry in the ledger is damaged. Its text is kept as the content."
    return _add_dead_letter(db, entry, kind, reason)


def _add_dead_letter(db: Session, entry: Entry, kind: str, reason: str) -> str:
    inbound = entry.inbound
    trail.add_dead_letter(db, "receive", inbound.id, inbound.conversation_id, kind, reason, asdict(inbound))
    return inbound.id


def _parents(db: Session, new: Sequence[tuple[Entry, Place]]) -> set[tuple[str, str]]:
    """(conversation, message) of every parent that exists. A message does not keep a parent from another conversation."""
    ids = {entry.inbound.parent_id for entry, _ in new if entry.inbound.parent_id}
    if not ids:
        return set()
    m = message.c
    rows = db.execute(select(m.conversation_id, m.id).where(m.id.in_(ids)))
    return {(row.conversation_id, row.id) for row in rows} | {(place.id, entry.inbound.id) for entry, place in new}


def _row(entry: Entry, place: Place, parents: set[tuple[str, str]]) -> dict[str, Any]:
    inbound = entry.inbound
    kind, name = place.author(inbound) or ("contact", None)
    awaits = place.add(entry.answer_after, needs_reply=kind in messages.THEIRS and not is_blank(inbound.content))
    parent = inbound.parent_id if (place.id, inbound.parent_id) in parents else None
    return {
        "id": inbound.id, "conversation_id": place.id, "position": place.last_position, "author_kind": kind,
        "author_name": name, "content": inbound.content, "channel": inbound.channel,
        "parent_id": parent, "facts": inbound.metadata, "route": inbound.route or None,
        "trace_id": inbound.trace_id,
        "status": messages.RECEIVED, "awaits": awaits,
        "accepted_at": entry.sequence, "created_at": microseconds(),
    }  # fmt: skip


def _select_rows(db: Session, entries: Sequence[Entry]) -> Sequence[Row[Any]]:
    """The entries' messages as stored, including those of an earlier run."""
    ids = {e.inbound.id for e in entries}
    return db.execute(select(message).where(message.c.id.in_(ids)).order_by(message.c.accepted_at)).all()


HANDLERS: dict[str, Callable[[Session, Sequence[Entry]], Received]] = {MESSAGE: store_messages}
