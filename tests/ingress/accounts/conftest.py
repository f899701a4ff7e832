"""The app as in the tests of HTTP, with a real auth worker beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingress.accounts.auth_worker import auth_worker
from tests.stores import Stores


@pytest.fixture(scope="module", autouse=True)
def worker(stores: Stores) -> Iterator[None]:
    """Ready before the first test."""
    with auth_worker():
        yield
