"""Every test here talks to a real Redis."""

import uuid
from collections.abc import Iterator

import pytest

from tests.live import Redis, redis_server


@pytest.fixture
def server() -> Redis:
    return redis_server()


@pytest.fixture
def topic(server: Redis) -> Iterator[str]:
    yield f"conversation:{uuid.uuid4()}"
