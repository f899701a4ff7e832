"""Heartbeats: when a worker last worked on each queue."""

from __future__ import annotations

from models.clock import SECOND, microseconds
from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, redis

FRESH = 30  # seconds
AGENTS = ("conversation",)


def beat(queue: str) -> None:
    """Records that a worker works on the queue now. Raises RedisAway."""
    try:
        redis().set(f"heartbeat:{queue}", microseconds(), ex=24 * 3600)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def ages(queues: tuple[str, ...]) -> dict[str, float | None]:
    """Seconds since each queue's last heartbeat; None: never. Raises RedisAway."""
    try:
        times = redis().mget([f"heartbeat:{queue}" for queue in queues])
    except REDIS_ERRORS as error:
        raise RedisAway from error
    now = microseconds()
    return {queue: (now - int(at)) / SECOND if at else None for queue, at in zip(queues, times, strict=True)}  # type: ignore[arg-type]


def note_agent(name: str) -> None:
    """Records that a worker has this agent in memory. Raises RedisAway."""
    try:
        redis().hset("loaded-agents", name, "ok")
    except REDIS_ERRORS as error:
        raise RedisAway from error


def forget(queues: tuple[str, ...]) -> None:
    """Removes all heartbeats, at a start, when no worker runs yet. Raises RedisAway."""
    try:
        redis().delete("loaded-agents", *(f"heartbeat:{queue}" for queue in queues))
    except REDIS_ERRORS as error:
        raise RedisAway from error


def loaded_agents() -> dict[str, str]:
    """Agents that a worker has in memory, each with `ok`. Raises RedisAway."""
    try:
        return dict(redis().hgetall("loaded-agents"))  # type: ignore[arg-type]
    except REDIS_ERRORS as error:
        raise RedisAway from error
