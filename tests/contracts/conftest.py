"""One program for all tests of what clients are told about the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.world import SECRET
from tests.program import Program


@pytest.fixture(scope="package")
def program() -> Iterator[Program]:
    """Codes go to its log, and a signed webhook comes from the source `shop`."""
    with Program(DEBUG="true", INBOUND_SECRET_SHOP=SECRET, AGENT_TIMEOUT="5") as started:
        yield started
