"""Wake-ups: tasks that say where to look for work. A lost one costs seconds, never a message: the sweeper wakes again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kombu.exceptions import OperationalError

from models.logs import context
from models.settings import settings
from workers.runtime.app import app
from workers.runtime.chains import ANSWER, AUTHENTICATE, RECEIVE, Stage

log = logging.getLogger(__name__)
BROKER_ERRORS = (OperationalError, OSError)
LOCAL_BATCH = 16  # the local model answers at once, so one task may carry many conversations


@dataclass(frozen=True)
class Wake:
    """A stage, and the arguments that tell it where to look."""

    stage: Stage
    arguments: Sequence[object]


def receiver(shard: int) -> Wake:
    """The wake-up of a receiver for a shard of the ledger."""
    return Wake(RECEIVE, [shard])


def answers(conversation_ids: Sequence[str]) -> list[Wake]:
    """The wake-ups of answers. With a slow model one task per conversation, so that nobody waits for another's answer."""
    size = LOCAL_BATCH if answers_at_once() else 1
    return [Wake(ANSWER, [list(conversation_ids[i : i + size])]) for i in range(0, len(conversation_ids), size)]


def answers_at_once() -> bool:
    """Whether the model is the local one, which calls nobody over a network."""
    return settings().llm_models.get("conversation", settings().llm_model) == "local"


def send(wakes: Iterable[Wake]) -> bool:
    """Publishes wake-ups. False when the broker is away: the sweeper will send them."""
    sent = [_send(wake) for wake in wakes]
    return all(sent)


def send_auth_request(reply_to: str, request_id: str, sealed: str, seconds: float) -> bool:
    """Publishes a sealed request for the auth worker, which drops it after `seconds`. False when the broker is away."""
    wake = Wake(AUTHENTICATE, [reply_to, request_id, sealed])
    headers = {context.TRACE: context.trace_id()}
    return _send(wake, expires=seconds, argsrepr=f"('{request_id}', sealed)", headers=headers)


def _send(wake: Wake, **options: object) -> bool:
    task, queue = wake.stage.task, wake.stage.queue
    try:
        app.send_task(task, args=list(wake.arguments), queue=queue, **options)
    except BROKER_ERRORS as error:
        log.warning("task %s not published: %s", task, type(error).__name__)
        return False
    return True


def check_broker() -> None:
    """Raises one of BROKER_ERRORS when the broker cannot be reached within two seconds."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2, reraise_as_library_errors=True)
