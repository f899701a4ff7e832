"""The real server of the tests of sockets, and this process's subscriber at its Redis."""

from __future__ import annotations

import pytest

from tests.ingress.sockets.server_fixtures import conversation, redis_process, serve, shared
from tests.live import Redis
from tests.stores import listen_at

__all__ = ["conversation", "redis_process", "serve", "shared"]


@pytest.fixture(scope="module")
def listening(redis_process: Redis) -> None:
    """Tests before may have left the subscriber at another Redis."""
    listen_at(redis_process)
