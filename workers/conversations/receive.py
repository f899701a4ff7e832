"""The stage `receive`: writes a shard's entries to the database, in sequence, many at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from channels import web
from channels.relay.events import Publication
from models import ledger, trail
from models.conversations import conversations, intake, views
from models.conversations.intake import Received
from models.ledger.inbound import Entry
from models.logs import context
from models.store.database import reading, session
from workers.runtime import wakes
from workers.runtime.chains import RECEIVE
from workers.runtime.effects import Effects
from workers.runtime.stage import stage

log = logging.getLogger(__name__)
BATCH = 200
POISON = (DataError, IntegrityError, ProgrammingError, ValueError)


@stage(RECEIVE.task)
def receive(shard: int) -> Iterator[Effects]:
    """Stores the shard's entries until it is empty. Entries are removed last, so a crash repeats work and loses nothing."""
    while entries := ledger.entries(shard, BATCH):
        for received in _store(entries):
            _log(entries, received)
            yield Effects(_events(received), wakes.answers(received.answerable))
        if not ledger.strike(shard, entries[-1].sequence):
            break


def _log(entries: Sequence[Entry], received: Received) -> None:
    """Logs each entry that became a dead letter; at DEBUG also each one that is stored."""
    if received.refused or log.isEnabledFor(logging.DEBUG):
        stored = {row.id for row in received.rows}
        for entry in entries:
            with context.about(entry.inbound):
                if entry.inbound.id in received.refused:
                    log.warning("message %s is refused and kept as a dead letter", entry.inbound.id)
                elif entry.inbound.id in stored:
                    log.debug("stored")


def _events(received: Received) -> list[Publication]:
    events = [event for row in received.rows for event in web.created(views.of_message(row))]
    changed = [*received.continued, *received.reopened]
    if changed:
        with reading() as db:
            rows = [conversations.get(db, id_) for id_ in changed]
            events += [event for view in views.of_conversations(db, rows) for event in web.state(view)]
    return events


def _store(entries: Sequence[Entry]) -> list[Received]:
    """Stores the entries in one transaction; if one of them cannot be stored, each in its own transaction."""
    try:
        with session() as db:
            return [intake.receive(db, entries)]
    except POISON as error:
        log.warning("a batch of %d cannot be stored together: %s", len(entries), type(error).__name__)
        return [_store_alone(entry) for entry in entries]


def _store_alone(entry: Entry) -> Received:
    try:
        with session() as db:
            return intake.receive(db, [entry])
    except POISON as error:
        inbound = entry.inbound
        with session() as db:
            trail.add_dead_letter(
                db,
                RECEIVE.task,
                inbound.id,
                inbound.conversation_id,
                "cannot_be_stored",
                f"The database refuses the message: {type(error).__name__}",
                asdict(inbound),
            )
        return Received(refused=[inbound.id])
