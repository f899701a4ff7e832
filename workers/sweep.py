"""The stage `sweep`: wakes what is due. It has a worker of its own, so that no backlog can starve it."""

from __future__ import annotations

from channels import web
from channels.relay.publish import publish
from models import conversations, leases, ledger
from models.clock import SECOND, microseconds
from models.settings import settings
from models.store import session
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


def _offer_the_agent_again() -> None:
    """A person who has waited too long for an operator is answered by the agent again."""
    with session() as opened:
        late = conversations.waiting_too_long(opened, settings().handoff_timeout)
        moved = [conversations.shown(conversations.move(opened, id_, conversations.AGENT)) for id_ in late]
    publish([web.state(shown) for shown in moved])
