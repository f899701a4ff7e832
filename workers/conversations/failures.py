"""Failed tries at an answer: the message is due again, or is given up with a notice."""

from __future__ import annotations

import logging

from sqlmodel import Session

from models import trail
from models.clock import SECOND, microseconds
from models.conversations import leases, replies
from models.conversations.leases import Work
from models.conversations.replies import Rows
from models.due.retries import Policies, pause
from models.errors import ModelError, ModelPaused
from workers.runtime.chains import ANSWER

log = logging.getLogger(__name__)
EXPIRES = 600.0  # seconds that a message waits while every model is paused
SORRY = (
    "Sorry, I could not answer this: the language model is not available right now. "
    "Your message is kept. You can ask again later, or ask for a person."
)


def record_error(db: Session, work: Work, error: Exception, policies: Policies) -> Rows:
    """Records the failed try. The agent's policies say when the message is tried again.

    Returns the rows to publish after the last try, nothing when the message is due again.
    """
    assert work.message is not None
    kind, cause = _describe(error)
    if isinstance(error, ModelPaused) and microseconds() - work.message.accepted_at < EXPIRES * SECOND:
        leases.retry_later(db, work, error.retry_after or 1.0, counted=False)
        return ()
    trail.note_failure(db, work.message.id, ANSWER.task, work.try_number, kind, cause)
    wait = pause(policies, error, work.try_number)
    if wait is None:
        log.warning("message %s is given up at try %d: %s", work.message.id, work.try_number, kind)
        return replies.record_failure(db, work, SORRY, kind, cause)
    log.info("try %d failed (%s); the next one is due in %.0f s", work.try_number, kind, wait)
    leases.retry_later(db, work, wait)
    return ()


def _describe(error: Exception) -> tuple[str, str]:
    """Kind and cause, without content: an error that is not ours is described by its class only."""
    if isinstance(error, ModelError):
        return error.kind, error.detail
    return "error", type(error).__name__
