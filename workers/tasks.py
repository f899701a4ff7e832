"""All tasks, registered: `celery -A workers.tasks worker`."""

from celery.signals import celeryd_after_setup

from models import heartbeats
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
