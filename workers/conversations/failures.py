"""What becomes of a try at an answer that failed: due again, or given up and said so."""

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
EXPIRES = 600.0  # seconds a message waits while every model is given a pause
SORRY = (
    "Sorry, I could not answer this: the language model is not available right now. "
    "Your message is kept. You can ask again later, or ask for a person."
)


def record_error(db: Session, work: Work, error: Exception, policies: Policies) -> Rows:
    """Notes the failed try; the agent's policies say when it is made again.

    Returns the rows to publish when it was the last try, nothing when the message is due again.
    """
    assert work.asked is not None
    kind, cause = _named(error)
    if isinstance(error, ModelPaused) and microseconds() - work.asked.accepted_at < EXPIRES * SECOND:
        leases.retry_later(db, work, error.retry_after or 1.0, counted=False)
        return ()
    trail.note_failure(db, work.asked.id, ANSWER.task, work.try_number, kind, cause)
    wait = pause(policies, error, work.try_number)
    if wait is None:
        log.warning("message %s is given up at try %d: %s", work.asked.id, work.try_number, kind)
        return replies.record_failure(db, work, SORRY, kind, cause)
    log.info("try %d failed (%s); the next one is due in %.0f s", work.try_number, kind, wait)
    leases.retry_later(db, work, wait)
    return ()


def _named(error: Exception) -> tuple[str, str]:
    """The kind and a cause that holds no content: a foreign error is told by its class alone."""
    if isinstance(error, ModelError):
        return error.kind, error.detail
    return "error", type(error).__name__
