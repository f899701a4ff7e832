"""The stage `sweep`: wakes what is due. It has a worker of its own, so that no backlog can starve it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from channels import web
from channels.relay.publish import publish
from channels.relay.revocations import revoke
from models import ledger
from models.accounts import revocation_recovery, sessions
from models.clock import SECOND, microseconds
from models.conversations import leases, silence, views
from models.errors import SwitchboardError
from models.settings import settings
from models.store.database import reading, session
from workers.runtime.chains import SWEEPING
from workers.runtime.stage import stage
from workers.runtime.wakes import wake_answer, wake_receive

STALE = 2 * SECOND
LOT = 500
log = logging.getLogger(__name__)


@stage(SWEEPING.task)
def sweep() -> None:
    """One round: every step, whatever becomes of the others."""
    for step in STEPS:
        _try(step)


def _try(step: Callable[[], None]) -> None:
    try:
        step()
    except Exception as error:  # the next round tries again
        cause = str(error) if isinstance(error, SwitchboardError) else type(error).__name__
        log.warning("sweep: %s failed: %s", step.__name__, cause)
        log.debug("sweep: %s", step.__name__, exc_info=True)


def wake_receivers() -> None:
    """Wakes the shards of the ledger whose head has waited. It comes first: it needs no database."""
    for shard, head in ledger.heads():
        if microseconds() - head > STALE:
            wake_receive(shard)


def wake_due_answers() -> None:
    """Wakes the conversations whose due time has come."""
    with session() as opened:
        due = leases.due(opened, LOT)
    wake_answer(due)


def offer_the_agent_again() -> None:
    """A person who has waited too long for an operator is answered by the agent again."""
    with session() as opened:
        moved = views.of_conversations(opened, silence.offer_agent(opened, settings().handoff_timeout, LOT))
    publish([event for view in moved for event in web.state(view)])


def close_the_silent() -> None:
    """Closes what nobody has written to for a day, and tells so; what a crash has left untold is told the next time."""
    with reading() as opened:
        silent = silence.silent(opened, LOT)
    if silent:
        with session() as opened:
            silence.close(opened, silent)
    with reading() as opened:
        closed = views.of_conversations(opened, silence.untold(opened, LOT))
    if closed:
        publish([event for view in closed for event in web.state(view)])
        with session(durable=False) as opened:
            silence.told(opened, [view["id"] for view in closed])


def repeat_revocations() -> None:
    """Who revoked a token may have died before anybody was told, or Redis was away; and sessions are not kept for ever."""
    now, repeated = microseconds(), revocation_recovery.repeated()
    with session(durable=False) as opened:
        recent = revocation_recovery.recent(opened, repeated)
        sessions.forget_old(opened, LOT)
    revoke(revocation_recovery.untold(recent))
    revocation_recovery.note_repeated(now)


STEPS = (wake_receivers, wake_due_answers, offer_the_agent_again, close_the_silent, repeat_revocations)
