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
_lacks: dict[str, str] = {}  # what each model of this worker's agents lacks, to be reported once Redis is up
quiet_root()


@celeryd_after_setup.connect
def preload(instance: object, **_: object) -> None:
    """Loads what the worker's queues need before its first task: models for agents, verification for accounts.

    A worker that cannot load ends: Celery ignores a handler's failure, and the worker would seem to be well.
    """
    try:
        _load_for(instance.app.amqp.queues.consume_from)  # type: ignore[attr-defined]  # celery's worker instance
    except Exception as error:
        log.exception("this worker cannot load what its queues need")
        raise SystemExit(1) from error


def _load_for(queues: Container[str]) -> None:
    """Imports what these queues need, so that other workers do not pay for it."""
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
    """Reports what the models lack, and sends the first heartbeat of each queue, since beat's first comes seconds later."""
    with suppress(Unavailable):
        language_models.note_setup(_lacks)
        for queue in sender.app.amqp.queues.consume_from:  # type: ignore[attr-defined]  # celery's consumer
            heartbeat.heartbeat(queue)
