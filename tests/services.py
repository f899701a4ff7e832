"""The real services of a production setting. In CI a missing one is a failure, elsewhere a skip that says why."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from redis import Redis
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://root@127.0.0.1:5432/test")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
RABBITMQ_URL = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")


def _missing(what: str, error: Exception) -> None:
    said = f"{what} cannot be reached ({type(error).__name__})"
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
    """The URL of a Redis 7 server, without a database number."""
    try:
        with Redis.from_url(REDIS_URL, socket_connect_timeout=3) as client:
            version = str(client.info("server")["redis_version"])
        if int(version.split(".", maxsplit=1)[0]) < 7:
            raise OSError(f"Redis {version} is older than 7")
    except (OSError, Exception) as error:
        _missing("Redis 7", error)
    return REDIS_URL


def require_rabbitmq() -> str:
    """The URL of a RabbitMQ server."""
    import socket

    parts = urlsplit(RABBITMQ_URL)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 5672), timeout=3).close()
    except OSError as error:
        _missing("RabbitMQ", error)
    return RABBITMQ_URL
