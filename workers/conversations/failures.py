"""What becomes of a try at an answer that failed: due again, or given up and said so."""

from __future__ import annotations

import logging

from sqlmodel import Session

from models import trail
from models.clock import SECOND, microseconds
from models.conversations import leases, replies
from models.conversations.leases import Work
from models.conversations.replies import Rows
from models.errors import ModelError
from workers.conversations.guard import PAUSED
from workers.runtime.chains import ANSWER
from workers.runtime.retries import EXPIRES, pause

log = logging.getLogger(__name__)
SORRY = (
    "Sorry, I could not answer this: the language model is not available right now. "
    "Your message is kept. You can ask again later, or ask for a person."
)


def record_error(db: Session, work: Work, error: Exception) -> Rows:
    """Notes the failed try. Returns the rows to publish when it was the last, nothing when it is due again."""
    assert work.asked is not None
    kind, cause = _named(error)
    known = error if isinstance(error, ModelError) else None
    if kind == PAUSED and microseconds() - work.asked.accepted_at < EXPIRES * SECOND:
        leases.retry_later(db, work, (known and known.retry_after) or 1.0, counted=False)
        return ()
    trail.note_failure(db, work.asked.id, ANSWER.task, work.try_number, kind, cause)
    wait = pause(kind, work.try_number, known)
    if wait is None:
        log.warning("message %s is given up at try %d: %s", work.asked.id, work.try_number, kind)
        return replies.record_failure(db, work, SORRY, kind, cause)
    leases.retry_later(db, work, wait)
    return ()


def _named(error: Exception) -> tuple[str, str]:
    """The kind and a cause that holds no content: a foreign error is told by its class alone."""
    if isinstance(error, ModelError):
        return error.kind, error.detail
    return "error", type(error).__name__
