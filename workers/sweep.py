"""The stage `sweep`: wakes what is due. It has a worker of its own, so that no backlog can starve it."""

from __future__ import annotations

from channels import web
from channels.relay.publish import publish
from channels.revoking import revoke
from models import conversations, leases, ledger, silence, views
from models.accounts import retelling, sessions
from models.clock import SECOND, microseconds
from models.settings import settings
from models.store import reading, session
from workers.base import stage
from workers.chains import SWEEPING
from workers.queue import wake_answer, wake_receive

STALE = 2 * SECOND
LOT = 500


@stage(SWEEPING.task)
def sweep() -> None:
    """Looks at the ledger first: it needs no database."""
    for shard, head in ledger.heads():
        if microseconds() - head > STALE:
            wake_receive(shard)
    with session() as opened:
        due = leases.due(opened, LOT)
    wake_answer(due)
    _offer_the_agent_again()
    _close_the_silent()
    _repeat_revocations()


def _offer_the_agent_again() -> None:
    """A person who has waited too long for an operator is answered by the agent again."""
    with session() as opened:
        late = silence.waiting_too_long(opened, settings().handoff_timeout)
        rows = [conversations.move(opened, id_, conversations.AGENT) for id_ in late]
        moved = views.of_conversations(opened, rows)
    publish([event for view in moved for event in web.state(view)])


def _close_the_silent() -> None:
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


def _repeat_revocations() -> None:
    """Who revoked a token may have died before anybody was told, or Redis was away; and sessions are not kept for ever."""
    now, repeated = microseconds(), retelling.repeated()
    with session(durable=False) as opened:
        recent = retelling.recent(opened, repeated)
        sessions.forget_old(opened, LOT)
    revoke(retelling.untold(recent))
    retelling.note_repeated(now)
