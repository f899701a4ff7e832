"""The stage `answer`: take the lease, run the agent, record the reply, publish, release; repeat while more is pending."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from agents import registry
from agents.protocol import Delta, Final, HandOff, ModelCall, Question, Turn
from channels.relay.events import Publication
from channels.relay.publish import publish
from models.conversations import handoffs, leases, replies
from models.conversations.leases import Work
from models.conversations.messages import THEIRS
from models.conversations.replies import Rows
from models.errors import ModelError, Unavailable
from models.health import model_calls
from models.logs import context
from models.settings import settings
from models.store.database import session
from workers.conversations import events
from workers.conversations.failures import record_error
from workers.conversations.guard import guard
from workers.conversations.lease import Lease, LeaseLost, lease_seconds
from workers.conversations.model_calls import (
    ABANDONED,
    FALLBACK,
    GIVEN_UP,
    RETRIED,
    TimedCall,
    count_by_label,
    note_failures,
    timed,
)
from workers.conversations.streaming import Stream
from workers.conversations.tools import tools_for
from workers.runtime.chains import ANSWER
from workers.runtime.effects import Effects
from workers.runtime.stage import stage
from workers.runtime.wakes import answers_at_once

log = logging.getLogger(__name__)
CRASHES = 12  # leases that were never released: the message itself may be what kills the worker


@dataclass
class Outcome:
    """How a try ended: with a reply, with an error, or with neither when there was only something to publish again."""

    work: Work
    reply: Final | None = None
    hand_off: handoffs.HandOff | None = None
    error: Exception | None = None
    held: bool = True
    calls: list[TimedCall] = field(default_factory=list)
    events: list[Publication] = field(default_factory=list)


@stage(ANSWER.task)
def answer(conversation_ids: list[str]) -> Iterator[Effects]:
    """Answers those of the conversations that are due and not leased, until none of them has a pending message."""
    lease = str(uuid.uuid4())
    with session(durable=False) as db:
        works = leases.take(db, conversation_ids, lease, lease_seconds(), settings().chat_history_max)
    while works:
        outcomes = [_try(work) for work in works]
        with session() as db:
            for outcome in outcomes:
                with context.about(outcome.work.message):
                    _record(db, outcome)
        yield Effects([event for outcome in outcomes for event in outcome.events])
        model_calls.count(sum((count_by_label(outcome.calls, _result(outcome)) for outcome in outcomes), Counter()))
        held = [outcome.work.conversation_id for outcome in outcomes if outcome.held]
        with session(durable=False) as db:
            busy = leases.release(db, lease, held, lease_seconds())
            works = leases.next_works(db, busy, lease, settings().chat_history_max)


def _try(work: Work) -> Outcome:
    """One try at one message. An error affects only this conversation."""
    with context.about(work.message):
        if work.try_number > 1:
            log.info("try %d begins", work.try_number)
            publish(events.unpublished(work))
        return _answer(work) if work.message is not None else Outcome(work)


def _answer(work: Work) -> Outcome:
    assert work.message is not None
    outcome = Outcome(work)
    try:
        _run(outcome)
    except LeaseLost:
        outcome.held = False
    except ModelError as error:
        outcome.error = error
    except Unavailable:
        raise
    except Exception as error:
        log.exception("the agent failed at message %s", work.message.id)
        outcome.error = error
    return outcome


def _run(outcome: Outcome) -> None:
    work = outcome.work
    if work.try_number > CRASHES:
        raise ModelError(f"{CRASHES} attempts began and none finished", permanent=True)
    stream = Stream(work, eager=not answers_at_once())
    agent = registry.agent("conversation", guard=guard)
    for event in agent.run(_question(work), tools_for(work), Lease(work).keep):
        if isinstance(event, Delta):
            stream.add(event.text)
        elif isinstance(event, ModelCall):
            outcome.calls.append(timed(work, event))
        elif isinstance(event, HandOff):
            outcome.hand_off = handoffs.HandOff("agent", event.reason)
        elif isinstance(event, Final):
            outcome.reply = event
    if outcome.reply is None:
        raise ModelError("the agent ended without a reply")
    outcome.events = stream.rest()


def _question(work: Work) -> Question:
    message: Any = work.message
    turns = [Turn("user" if row.author_kind in THEIRS else "assistant", row.content) for row in work.history]
    return Question(message.id, work.conversation_id, message.content, turns, message.facts)


def _record(db: Session, outcome: Outcome) -> None:
    """Stores how the try ended, and collects the events to publish."""
    work = outcome.work
    rows: Rows = ()
    if work.message is None or not outcome.held:
        return
    note_failures(db, work, outcome.calls, replied=outcome.reply is not None)
    if outcome.reply is not None:
        facts = dict(outcome.reply.metadata)
        rows = replies.record_reply(db, work, outcome.reply.content, facts, hand_off=outcome.hand_off)
        log.debug("answered" if rows else "answered too late: the lease was lost, or a person has taken over")
    elif outcome.error is not None:
        rows = record_error(db, work, outcome.error, registry.agent("conversation").retries)
    outcome.held = bool(rows)
    outcome.events += events.of_exchange(rows)
    if rows and outcome.hand_off:
        outcome.events += events.of_state(db, work.conversation_id)


def _result(outcome: Outcome) -> str:
    """The outcome of the try, for the metrics of the models that failed in it."""
    ends = (GIVEN_UP, RETRIED) if outcome.error is not None else (FALLBACK, ABANDONED)
    return ends[0] if outcome.held else ends[1]
