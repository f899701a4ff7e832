"""A production deployment on servers that others use as well: a database, a Redis database and a vhost of its own."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from redis import Redis

from tests.services import require_postgres, require_rabbitmq, require_redis
from tests.stores import database

DATABASES = range(1, 16)  # of Redis: 0 is anybody's
TAKEN = "acceptance-run"


@contextmanager
def _redis_database(base: str) -> Iterator[str]:
    """The URL of an empty database of this Redis that no other run uses."""
    for number in DATABASES:
        url = f"{base}/{number}"
        with Redis.from_url(url) as client:
            if client.dbsize() == 0 and client.set(TAKEN, os.getpid(), nx=True, ex=600):
                try:
                    yield url
                finally:
                    client.flushdb()
                return
    raise AssertionError("every database of the Redis is in use")


@contextmanager
def _vhost(base: str) -> Iterator[str]:
    """The URL of a vhost of our own, made with `rabbitmqctl`; where that may not be, the one of the URL."""
    name = f"sb-{uuid.uuid4().hex[:8]}"
    if not _rabbitmqctl("add_vhost", name):
        yield base
        return
    try:
        user = base.partition("://")[2].partition(":")[0] or "guest"
        assert _rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
        yield f"{base.rstrip('/')}/{quote(name, safe='')}"
    finally:
        _rabbitmqctl("delete_vhost", name)


def _rabbitmqctl(*words: str) -> bool:
    try:
        return not subprocess.run(
            ["rabbitmqctl", "-q", *words], capture_output=True, timeout=60, check=False
        ).returncode
    except OSError:
        return False


@contextmanager
def production(folder: Path) -> Iterator[dict[str, str]]:
    """Settings of a program on PostgreSQL, Redis 7 and RabbitMQ."""
    require_postgres()
    redis, rabbitmq = require_redis(), require_rabbitmq()
    with database("postgresql", folder) as url, _redis_database(redis) as redis_url, _vhost(rabbitmq) as broker_url:
        yield {"DATABASE_URL": url, "REDIS_URL": redis_url, "BROKER_URL": broker_url}
