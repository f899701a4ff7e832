"""When each queue was last seen at work."""

from __future__ import annotations

from models.clock import SECOND, microseconds
from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, redis

FRESH = 30  # seconds
AGENTS = ("conversation",)


def beat(queue: str) -> None:
    """The queue is being worked on now. Raises RedisAway."""
    try:
        redis().set(f"heartbeat:{queue}", microseconds(), ex=24 * 3600)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def ages(queues: tuple[str, ...]) -> dict[str, float | None]:
    """Seconds since each queue was last seen at work; None: never. Raises RedisAway."""
    try:
        seen = redis().mget([f"heartbeat:{queue}" for queue in queues])
    except REDIS_ERRORS as error:
        raise RedisAway from error
    now = microseconds()
    return {q: (now - int(at)) / SECOND if at else None for q, at in zip(queues, seen, strict=True)}  # type: ignore[arg-type]


def agent_loaded(name: str) -> None:
    """A worker has this agent in memory. Raises RedisAway."""
    try:
        redis().hset("loaded-agents", name, "ok")
    except REDIS_ERRORS as error:
        raise RedisAway from error


def forget(queues: tuple[str, ...]) -> None:
    """Nobody has been seen: for a start on which no worker runs yet. Raises RedisAway."""
    try:
        redis().delete("loaded-agents", *(f"heartbeat:{queue}" for queue in queues))
    except REDIS_ERRORS as error:
        raise RedisAway from error


def agents() -> dict[str, str]:
    """Agents that a worker has in memory. Raises RedisAway."""
    try:
        return dict(redis().hgetall("loaded-agents"))  # type: ignore[arg-type]
    except REDIS_ERRORS as error:
        raise RedisAway from error
