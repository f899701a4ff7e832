"""The stage `sweep`: wakes what is due. It has its own worker, so that no backlog delays it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from models.errors import SwitchboardError
from workers.accounts import upkeep as accounts
from workers.conversations import upkeep as conversations
from workers.runtime.chains import SWEEPING
from workers.runtime.effects import Effects, perform
from workers.runtime.stage import stage

log = logging.getLogger(__name__)
Step = Callable[[], Iterable[Effects]]
STEPS: tuple[Step, ...] = (  # waking receivers comes first: it needs no database
    conversations.wake_receivers,
    conversations.wake_due_answers,
    conversations.return_to_agent,
    conversations.close_silent,
    accounts.repeat_revocations,
)


@stage(SWEEPING.task)
def sweep() -> None:
    """One round: every step, even if another one fails."""
    for step in STEPS:
        _try(step)


def _try(step: Step) -> None:
    try:
        perform(step())
    except Exception as error:  # the next round tries again
        cause = str(error) if isinstance(error, SwitchboardError) else type(error).__name__
        log.warning("sweep: %s failed: %s", step.__name__, cause)
        log.debug("sweep: %s", step.__name__, exc_info=True)
