"""The real services of a production setting. In CI a missing one is a failure, elsewhere a skip that says why.

Every user gets a part of its own (a database, a numbered database of Redis, a vhost), so that test runs beside each
other, and what else uses the servers, never meet.
"""

from __future__ import annotations

import os
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from urllib.parse import urlsplit, urlunsplit

import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://root@127.0.0.1:5432/test")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
RABBITMQ_URL = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")

CLAIM, CLAIMED_FOR = "taken-by-a-test", 1800  # seconds, after which a killed test's claim ends by itself


def _missing(what: str, error: Exception) -> NoReturn:
    said = f"{what} cannot be used ({type(error).__name__})"
    if os.environ.get("CI") == "true":
        pytest.fail(said + ": in CI every service must be there")
    pytest.skip(said)


def require_postgres() -> str:
    """The URL of a PostgreSQL database in which others may be made."""
    try:
        engine = create_engine(POSTGRES_URL, connect_args={"connect_timeout": 3})
        engine.connect().close()
        engine.dispose()
    except SQLAlchemyError as error:
        _missing("PostgreSQL", error)
    return POSTGRES_URL


def require_redis() -> str:
    """The URL of a Redis server of version 7 or newer, without a database number."""
    try:
        with Redis.from_url(REDIS_URL, socket_connect_timeout=3) as client:
            version = str(client.info("server")["redis_version"])
        if int(version.split(".", maxsplit=1)[0]) < 7:
            raise ValueError(f"Redis {version} is older than 7")
    except (RedisError, OSError, ValueError) as error:
        _missing("Redis 7", error)
    return REDIS_URL


def require_rabbitmq() -> str:
    """The URL of a RabbitMQ server."""
    parts = urlsplit(RABBITMQ_URL)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 5672), timeout=3).close()
    except OSError as error:
        _missing("RabbitMQ", error)
    return RABBITMQ_URL


@contextmanager
def redis_database() -> Iterator[str]:
    """The URL of an empty numbered database of the Redis server, claimed until the end and emptied behind."""
    base = require_redis()
    for number in range(1, 16):
        url = f"{base}/{number}"
        with Redis.from_url(url) as client:
            if not client.set(CLAIM, os.getpid(), nx=True, ex=CLAIMED_FOR):
                continue
            if client.dbsize() > 1:  # somebody else's data
                client.delete(CLAIM)
                continue
            try:
                yield url
            finally:
                client.flushdb()
            return
    pytest.fail(f"all databases 1 to 15 of {base} are in use")


@contextmanager
def rabbitmq_vhost() -> Iterator[str]:
    """The URL of an empty vhost of the RabbitMQ server, removed behind. AMQP cannot make one, `rabbitmqctl` can."""
    parts = urlsplit(require_rabbitmq())
    name = f"sb_{uuid.uuid4().hex[:12]}"
    try:
        rabbitmqctl("add_vhost", name)
    except (OSError, subprocess.SubprocessError) as error:
        _missing("rabbitmqctl", error)
    try:
        rabbitmqctl("set_permissions", "-p", name, parts.username or "guest", ".*", ".*", ".*")
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        rabbitmqctl("delete_vhost", name)


def rabbitmqctl(*words: str) -> str:
    """What RabbitMQ's own command prints."""
    command = ["rabbitmqctl", "--quiet", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
