"""The stage `answer`: take the lease, run the agent, record the reply, publish, release; and again if more came."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from agents import registry
from agents.protocol import Delta, Final, HandOff, ModelCall, Question, Turn
from channels import web
from channels.relay.events import Publication
from channels.relay.publish import publish
from models.conversations import conversations, handoffs, leases, messages, replies, views
from models.conversations.leases import Work
from models.conversations.messages import THEIRS
from models.conversations.replies import Rows
from models.errors import ModelError, Unavailable
from models.health import model_calls
from models.logs import context
from models.settings import settings
from models.store.database import reading, session
from workers.conversations.failures import record_error
from workers.conversations.guard import guard
from workers.conversations.model_calls import ABANDONED, FALLBACK, GIVEN_UP, RETRIED, Made, counted, made, note
from workers.conversations.streaming import Stream
from workers.conversations.tools import tools_for
from workers.runtime.chains import ANSWER
from workers.runtime.effects import Effects
from workers.runtime.stage import stage
from workers.runtime.wakes import answers_at_once

log = logging.getLogger(__name__)
YOUNG = 1.0  # seconds
CRASHES = 12  # takings that were never given back: the message itself may be what kills the worker
SPARE = 5.0  # seconds a lease lasts beyond the agent's own limit


class LeaseLost(Exception):
    """Somebody else answers this conversation now, or a person took over: this try ends without a word."""


@dataclass
class Outcome:
    """How a try ended: with a reply, with an error, or with neither when there was only something to publish again."""

    work: Work
    reply: Final | None = None
    hand_off: handoffs.HandOff | None = None
    error: Exception | None = None
    held: bool = True
    calls: list[Made] = field(default_factory=list)
    news: list[Publication] = field(default_factory=list)


@stage(ANSWER.task)
def answer(conversation_ids: list[str]) -> Iterator[Effects]:
    """Answers those of the conversations that are due and free, until nothing of theirs is pending."""
    lease = str(uuid.uuid4())
    with session(durable=False) as db:
        works = leases.take(db, conversation_ids, lease, lease_seconds(), settings().chat_history_max)
    while works:
        outcomes = [_tried(work) for work in works]
        with session() as db:
            for outcome in outcomes:
                with context.about(outcome.work.asked):
                    _record(db, outcome)
        yield Effects([event for outcome in outcomes for event in outcome.news])
        model_calls.count(sum((counted(outcome.calls, _result(outcome)) for outcome in outcomes), Counter()))
        held = [outcome.work.conversation_id for outcome in outcomes if outcome.held]
        with session(durable=False) as db:
            more = leases.release(db, lease, held, lease_seconds())
            works = leases.again(db, more, lease, settings().chat_history_max)


def lease_seconds() -> float:
    """How long a lease lasts between two renewals."""
    return settings().agent_timeout + SPARE


def _tried(work: Work) -> Outcome:
    """One try at one message. Whatever goes wrong with it is this conversation's alone."""
    with context.about(work.asked):
        if work.try_number > 1:
            log.info("try %d begins", work.try_number)
            publish(_unpublished(work))
        return _answered(work) if work.asked is not None else Outcome(work)


def _answered(work: Work) -> Outcome:
    assert work.asked is not None
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
        log.exception("the agent failed at message %s", work.asked.id)
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
            outcome.calls.append(made(work, event))
        elif isinstance(event, HandOff):
            outcome.hand_off = handoffs.HandOff("agent", event.reason)
        elif isinstance(event, Final):
            outcome.reply = event
    if outcome.reply is None:
        raise ModelError("the agent ended without a reply")
    outcome.news = stream.rest()


def _question(work: Work) -> Question:
    asked: Any = work.asked
    turns = [Turn("user" if row.author_kind in THEIRS else "assistant", row.content) for row in work.history]
    return Question(asked.id, work.conversation_id, asked.content, turns, asked.facts)


class Lease:
    """Keeps the lease of one try alive; young ones need no renewing, for the reply is stored only if it still holds."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._renewed = time.monotonic()

    def keep(self) -> None:
        """Before each model call. Raises LeaseLost."""
        if time.monotonic() - self._renewed < YOUNG:
            return
        with session(durable=False) as db:
            if not leases.renew(db, self._work, lease_seconds()):
                raise LeaseLost
        self._renewed = time.monotonic()


def _record(db: Session, outcome: Outcome) -> None:
    """Stores how the try ended, and what there is to publish of it."""
    work, rows = outcome.work, ()  # type: tuple[Work, Rows]
    if work.asked is None or not outcome.held:
        return
    note(db, work, outcome.calls, replied=outcome.reply is not None)
    if outcome.reply is not None:
        facts = dict(outcome.reply.metadata)
        rows = replies.record_reply(db, work, outcome.reply.content, facts, hand_off=outcome.hand_off)
        log.debug("answered" if rows else "answered too late: the lease was lost, or a person has taken over")
    elif outcome.error is not None:
        rows = record_error(db, work, outcome.error, registry.agent("conversation").retries)
    outcome.held = bool(rows)
    outcome.news += _news(rows)
    if rows and outcome.hand_off:
        outcome.news += _state(db, work.conversation_id)


def _result(outcome: Outcome) -> str:
    """What came of the try, for the metrics of the models that failed in it."""
    ends = (GIVEN_UP, RETRIED) if outcome.error is not None else (FALLBACK, ABANDONED)
    return ends[0] if outcome.held else ends[1]


def _news(rows: Rows) -> list[Publication]:
    """The message itself goes first: whoever stored it may not have told of it yet, and a reply never shows before it."""
    stored = [views.of_message(row) for row in rows]
    theirs = [message for message in stored if message.author.kind in THEIRS]
    news = [event for message in theirs for event in web.created(message)]
    for message in stored:
        news += web.updated(message) if message in theirs else web.created(message)
    return news


def _state(db: Session, conversation_id: str) -> list[Publication]:
    return web.state(views.of_conversation(db, conversations.get(db, conversation_id)))


def _unpublished(work: Work) -> list[Publication]:
    """What a crash after the commit may have kept from being published; and that the partial text is void."""
    with reading() as db:
        news = _news(replies.last_published(db, work.conversation_id))
        news += _state(db, work.conversation_id)
    if work.asked is not None:
        reply_id, revision = messages.id_of_reply(work.asked.id), work.asked.revision
        news += web.restarted(work.conversation_id, reply_id, revision, work.try_number)
    return news
