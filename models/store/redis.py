"""This process's Redis clients. Nothing else connects to Redis."""

from __future__ import annotations

from functools import cache
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import BlockingConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from models.settings import settings


@cache
def redis() -> Redis:
    """This process's Redis client: every call has a time-out, and none is retried unnoticed."""
    return _client(socket_timeout=5, health_check_interval=10, retry=Retry(NoBackoff(), 1))


@cache
def impatient_redis() -> Redis:
    """A client for facts that the database has as well: a Redis that hangs costs one second, a dead connection one retry."""
    return _client(socket_timeout=1, retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)))


def _client(**options: Any) -> Redis:
    pool = BlockingConnectionPool.from_url(
        settings().redis_url,
        max_connections=64,
        timeout=2,
        socket_connect_timeout=2,
        decode_responses=True,
        **options,
    )
    return Redis(connection_pool=pool)


REDIS_ERRORS = (RedisError, OSError)
