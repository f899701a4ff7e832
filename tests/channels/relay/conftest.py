"""Every test here talks to a real Redis."""

import uuid
from collections.abc import Iterator

import pytest

from tests.live import Redis, redis_server
from tests.stores import listen_at


@pytest.fixture
def server() -> Redis:
    found = redis_server()
    listen_at(found)
    return found


@pytest.fixture
def topic(server: Redis) -> Iterator[str]:
    yield f"conversation:{uuid.uuid4()}"
