"""Reports on the model calls of one try: a failure is logged at once; after the try it is added to the message's trace
and counted in the metrics. So a fallback that answers hides no failure."""

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
# Outcomes of a call. The last four are those of failed calls; they say how the try ended.
ANSWERED, FALLBACK, RETRIED, GIVEN_UP, ABANDONED = "answered", "fallback", "retried", "given_up", "abandoned"


@dataclass(frozen=True)
class TimedCall:
    """A model call. `kind`: the kind of its failure, or None; `at`: microseconds."""

    model: str
    kind: str | None
    at: int


def timed(work: Work, call: ModelCall) -> TimedCall:
    """The call with the current time. Logs a failure, except that of a paused model, whose failures were logged before."""
    assert work.message is not None
    if call.kind not in {None, ModelPaused.kind}:
        log.warning(
            "model %s failed (%s) at message %s, try %d", call.model, call.kind, work.message.id, work.try_number
        )
    return TimedCall(call.model, call.kind, microseconds())


def note_failures(db: Session, work: Work, calls: Iterable[TimedCall], *, replied: bool) -> None:
    """Adds the failed calls to the trace. Paused models are added only if there is a reply: without one, the try is
    postponed and not counted, perhaps every few seconds."""
    assert work.message is not None
    for call in calls:
        if call.kind is not None and (replied or call.kind != ModelPaused.kind):
            trail.note_model_failure(db, work.message.id, work.try_number, call.at, call.kind, call.model)


def count_by_label(calls: Iterable[TimedCall], outcome: str) -> Counter[Call]:
    """The calls of a try, counted by their labels. `outcome`: how the try ended, for the calls that failed."""
    return Counter(
        (call.model, call.kind, outcome) if call.kind is not None else (call.model, OK, ANSWERED) for call in calls
    )
