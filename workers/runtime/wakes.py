"""The Celery app and the wake-ups. A wake-up names where to look; losing one costs seconds, never a message."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from kombu.exceptions import OperationalError

from models.settings import settings
from workers.runtime.app import app
from workers.runtime.chains import ANSWER, AUTHENTICATE, RECEIVE, Stage

log = logging.getLogger(__name__)


BROKER_ERRORS = (OperationalError, OSError)


LOCAL_BATCH = 16  # the local model answers at once, so one task may carry many conversations


def wake_receive(shard: int) -> bool:
    """Wakes a receiver for a ledger shard. False when the broker is away: the sweeper will wake it."""
    return _send(RECEIVE, [shard])


def wake_answer(conversation_ids: Sequence[str]) -> bool:
    """Wakes answers. A slow model gets one task a conversation, so that nobody waits for a stranger's answer."""
    size = LOCAL_BATCH if answers_at_once() else 1
    parts = [list(conversation_ids[i : i + size]) for i in range(0, len(conversation_ids), size)]
    published = [_send(ANSWER, [part]) for part in parts]
    return all(published)


def ask_auth(reply_to: str, request_id: str, sealed: str, seconds: float) -> bool:
    """Hands a sealed request to the auth worker, who leaves it when it is older than `seconds`. False: broker away."""
    return _send(AUTHENTICATE, [reply_to, request_id, sealed], expires=seconds, argsrepr=f"('{request_id}', sealed)")


def answers_at_once() -> bool:
    """True for the local model, which asks nobody over a network."""
    return settings().llm_models.get("conversation", settings().llm_model) == "local"


def _send(stage: Stage, arguments: list[object], **options: object) -> bool:
    try:
        app.send_task(stage.task, args=arguments, queue=stage.queue, **options)
    except BROKER_ERRORS as error:
        log.warning("task %s not published: %s", stage.task, type(error).__name__)
        return False
    return True


def check_broker() -> None:
    """Raises one of BROKER_ERRORS when the broker cannot be reached within two seconds."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2, reraise_as_library_errors=True)
