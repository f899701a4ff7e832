"""What a test has opened is closed behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingress.sockets import raw
from tests.ingress.sockets.server_fixtures import conversation, redis_process, serve, shared

__all__ = ["conversation", "redis_process", "serve", "shared"]


@pytest.fixture(autouse=True)
def _hung_up() -> Iterator[None]:
    yield
    while raw.opened:
        raw.opened.pop().hang_up()
