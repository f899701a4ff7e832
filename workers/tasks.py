"""All tasks, registered: `celery -A workers.tasks worker`."""

from contextlib import suppress

from celery.signals import celeryd_after_setup, worker_ready

from models import heartbeats
from models.errors import Unavailable
from workers import answer, heartbeat, receive, sweep
from workers.chains import AGENTS
from workers.queue import app

__all__ = ["answer", "app", "heartbeat", "receive", "sweep"]


@celeryd_after_setup.connect
def preload(instance: object, **_: object) -> None:
    """A worker of the agents' queue loads the model library before its first message, and only that worker."""
    if AGENTS in instance.app.amqp.queues.consume_from:  # type: ignore[attr-defined]  # celery's worker instance
        from agents import registry  # noqa: PLC0415 - only this worker pays for the import

        registry.preload("conversation")
        heartbeats.agent_loaded("conversation")


@worker_ready.connect
def say_ready(sender: object, **_: object) -> None:
    """The first heartbeat of each queue comes from its worker, for beat's comes seconds later."""
    with suppress(Unavailable):
        for queue in sender.app.amqp.queues.consume_from:  # type: ignore[attr-defined]  # celery's consumer
            heartbeats.beat(queue)
