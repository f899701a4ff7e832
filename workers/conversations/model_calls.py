"""What is told of the calls of models in one try: a failure is a line in the log at once; once the try has ended, an
entry in the message's trace and a count in the metrics. A fallback that answers hides no failure."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from agents.protocol import ModelCall
from models import trail
from models.clock import microseconds
from models.conversations.leases import Work
from models.errors import ModelPaused
from models.health.model_calls import Call

log = logging.getLogger(__name__)
OK = "ok"  # the kind of a call that was answered
# What came of a call. The last four are of calls that failed, and of what came of the try.
ANSWERED, FALLBACK, RETRIED, GIVEN_UP, ABANDONED = "answered", "fallback", "retried", "given_up", "abandoned"


@dataclass(frozen=True)
class Made:
    """A call of a model; `kind` is None when it answered, `at` in microseconds."""

    model: str
    kind: str | None
    at: int


def made(work: Work, call: ModelCall) -> Made:
    """The call, with its time. Logs its failure; not that of a model that was spared, which was logged when it failed."""
    assert work.asked is not None
    if call.kind not in {None, ModelPaused.kind}:
        log.warning("model %s failed (%s) at message %s, try %d", call.model, call.kind, work.asked.id, work.try_number)
    return Made(call.model, call.kind, microseconds())


def note(db: Session, work: Work, calls: Iterable[Made], *, replied: bool) -> None:
    """Notes the failed calls in the trace. That models were spared is worth an entry only if there is a reply: without,
    the try is put off without being counted, perhaps every few seconds."""
    assert work.asked is not None
    for call in calls:
        if call.kind is not None and (replied or call.kind != ModelPaused.kind):
            trail.note_model_failure(db, work.asked.id, work.try_number, call.at, call.kind, call.model)


def counted(calls: Iterable[Made], outcome: str) -> Counter[Call]:
    """The calls of a try by their labels. `outcome` is what came of the try, for those that failed."""
    return Counter(
        (call.model, call.kind, outcome) if call.kind is not None else (call.model, OK, ANSWERED) for call in calls
    )
