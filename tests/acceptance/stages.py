"""The stages as a child process of a test calls them, and the repair: sweep, then follow every wake-up there is."""

from __future__ import annotations

from typing import Any

from kombu.exceptions import OperationalError
from kombu.simple import SimpleQueue

QUEUES = ("inbound", "agents", "sweep")


def accept(message_id: str, conversation_id: str, contact_id: str) -> None:
    """As a route does it, the wake-up included."""
    from ingress.conversations.acceptance import take
    from models.ledger import Idempotency
    from models.ledger.inbound import Inbound

    inbound = Inbound(
        id=message_id,
        order_key=conversation_id,
        conversation_id=conversation_id,
        sender=contact_id,
        channel="web",
        content=f"What is message {message_id}?",
    )
    take(inbound, (), Idempotency(f"key of {message_id}", "body"))


def receive(shard: int) -> None:
    """The stage, as its task runs it."""
    from workers.tasks import app

    app.tasks["receive"](shard)


def answer(conversation_id: str) -> None:
    """The stage, as its task runs it."""
    from workers.tasks import app

    app.tasks["answer"]([conversation_id])


def sweep() -> None:
    """The stage, as its task runs it."""
    from workers.tasks import app

    app.tasks["sweep"]()


def repair() -> None:
    """What the sweeper and the workers do: one sweep, and every task that it led to."""
    sweep()
    for queue in ("inbound", "agents"):
        _follow(queue)


def _follow(name: str) -> None:
    from workers.tasks import app

    with app.connection_for_read() as connection, connection.channel() as channel:
        queue = SimpleQueue(channel, app.amqp.queues[name])
        while (message := _next(queue)) is not None:
            arguments, _, _ = message.payload
            app.tasks[message.headers["task"]](*arguments)
            message.ack()


def _next(queue: SimpleQueue) -> Any:
    try:
        return queue.get(block=False)
    except (queue.Empty, OperationalError):
        return None


def forget_wakes() -> None:
    """All wake-ups are lost, as when their workers were killed or the broker was wiped."""
    from workers.tasks import app

    with app.connection_for_write() as connection, connection.channel() as channel:
        for name in QUEUES:
            channel.queue_purge(name)


def send(task: str, queue: str, arguments: list[object]) -> None:
    """Publishes a task."""
    from workers.runtime.app import app

    app.send_task(task, args=arguments, queue=queue)
