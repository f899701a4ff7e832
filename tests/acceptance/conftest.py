"""The running program, for all tests of this folder that only talk to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.program import Program


@pytest.fixture(scope="package")
def shared_program() -> Iterator[Program]:
    """One program for every test that neither kills nor configures anything. It ends with the last test of this folder: an
    idle program still costs 5 % of a core."""
    with Program() as started:
        yield started


@pytest.fixture
def program() -> Iterator[Program]:
    """A program of this test's own, to kill and to stop."""
    with Program() as started:
        yield started
