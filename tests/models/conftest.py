"""A database of each kind, migrated and empty, and a Redis of their own for the tests of the domain."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores import Stores, fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Both stores, wiped."""
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened
