"""All tasks, registered: `celery -A workers.tasks worker`."""

import logging
from collections.abc import Container
from contextlib import suppress
from importlib import import_module

from celery.signals import celeryd_after_setup, worker_ready

from models.errors import Unavailable
from models.health import heartbeats, language_models
from workers import sweep
from workers.accounts import authenticate
from workers.conversations import answer, receive
from workers.runtime import heartbeat
from workers.runtime.app import app
from workers.runtime.chains import AGENTS, AUTHENTICATE
from workers.runtime.harmless_logs import quiet_root

__all__ = ["answer", "app", "authenticate", "heartbeat", "receive", "sweep"]
log = logging.getLogger(__name__)
_lacks: dict[str, str] = {}  # what each model of this worker's agents lacks, for when Redis is there
quiet_root()


@celeryd_after_setup.connect
def preload(instance: object, **_: object) -> None:
    """A worker loads what its queues need before its first message: agents their models, accounts what they verify with.

    One that cannot ends: Celery goes on after a handler that has failed, and would seem to be well.
    """
    try:
        _load_for(instance.app.amqp.queues.consume_from)  # type: ignore[attr-defined]  # celery's worker instance
    except Exception as error:
        log.exception("this worker cannot load what its queues need")
        raise SystemExit(1) from error


def _load_for(queues: Container[str]) -> None:
    """Only the worker that needs them pays for these imports."""
    if AGENTS in queues:
        registry = import_module("agents.registry")
        for agent in heartbeats.AGENTS:
            _lacks.update(registry.preload(agent))
        for model, lack in _lacks.items():
            if lack:
                log.warning("model %s cannot answer: %s", model, lack)
    if AUTHENTICATE.queue in queues:
        import_module("workers.accounts.operations")


@worker_ready.connect
def say_ready(sender: object, **_: object) -> None:
    """What the models lack; and the first heartbeat of each queue, for beat's comes seconds later."""
    with suppress(Unavailable):
        language_models.note_setup(_lacks)
        for queue in sender.app.amqp.queues.consume_from:  # type: ignore[attr-defined]  # celery's consumer
            heartbeat.heartbeat(queue)
