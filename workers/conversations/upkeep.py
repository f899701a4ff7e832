"""The sweeper's steps for conversations: what is due is woken, and what has waited too long moves on."""

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
LOT = 500


def wake_receivers() -> Generator[Effects, None, None]:
    """Wakes the shards of the ledger whose head has waited."""
    stale = [shard for shard, head in ledger.heads() if microseconds() - head > STALE]
    yield Effects(wakes=[wakes.receiver(shard) for shard in stale])


def wake_due_answers() -> Generator[Effects, None, None]:
    """Wakes the conversations whose due time has come."""
    with session() as db:
        due = leases.due(db, LOT)
    yield Effects(wakes=wakes.answers(due))


def offer_the_agent_again() -> Generator[Effects, None, None]:
    """A person who has waited too long for an operator is answered by the agent again."""
    with session() as db:
        moved = views.of_conversations(db, silence.offer_agent(db, settings().handoff_timeout, LOT))
    yield Effects([event for view in moved for event in web.state(view)])


def close_the_silent() -> Generator[Effects, None, None]:
    """Closes what nobody has written to for a day, and tells so. The next round tells what a crash has left untold."""
    with reading() as db:
        silent = silence.silent(db, LOT)
    if silent:
        with session() as db:
            silence.close(db, silent)
    with reading() as db:
        closed = views.of_conversations(db, silence.untold(db, LOT))
    if closed:
        yield Effects([event for view in closed for event in web.state(view)])
        with session(durable=False) as db:
            silence.told(db, [view.id for view in closed])
