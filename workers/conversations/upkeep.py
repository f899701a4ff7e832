"""The sweeper's steps for conversations: waking what is due, and moving on what has waited too long."""

from __future__ import annotations

from collections.abc import Generator

from channels import web
from models import ledger
from models.clock import SECOND, microseconds
from models.conversations import leases, silence, views
from models.settings import settings
from models.store.database import reading, session
from workers.runtime import wakes
from workers.runtime.effects import Effects

STALE = 2 * SECOND
BATCH = 500


def wake_receivers() -> Generator[Effects, None, None]:
    """Wakes the shards of the ledger whose first entry has waited too long."""
    stale = [shard for shard, head in ledger.heads() if microseconds() - head > STALE]
    yield Effects(wakes=[wakes.receiver(shard) for shard in stale])


def wake_due_answers() -> Generator[Effects, None, None]:
    """Wakes the conversations whose due time has come."""
    with session() as db:
        due = leases.due(db, BATCH)
    yield Effects(wakes=wakes.answers(due))


def return_to_agent() -> Generator[Effects, None, None]:
    """Lets the agent answer a person who has waited too long for an operator."""
    with session() as db:
        returned = views.of_conversations(db, silence.return_to_agent(db, settings().handoff_timeout, BATCH))
    yield Effects([event for view in returned for event in web.state(view)])


def close_silent() -> Generator[Effects, None, None]:
    """Closes conversations to which nobody has written for a day, and announces it. The next round announces what a crash
    left unannounced."""
    with reading() as db:
        ids = silence.silent_ids(db, BATCH)
    if ids:
        with session() as db:
            silence.close(db, ids)
    with reading() as db:
        closed = views.of_conversations(db, silence.unannounced(db, BATCH))
    if closed:
        yield Effects([event for view in closed for event in web.state(view)])
        with session(durable=False) as db:
            silence.note_announced(db, [view.id for view in closed])
