"""Each process is killed at random moments under load. `make kills` does it for longer, with all of them mixed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest

from tests.acceptance.rounds import SEED, Kill, Round
from tests.program import Program

KILLS = 2


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """One for all rounds. A short limit for answers, so that the leases of the dead run out soon."""
    with Program(AGENT_TIMEOUT="1") as started:
        yield started


@pytest.mark.parametrize("name", ["web", "messages", "agents", "sweeper", "beat", "redis"])
def test_killed_under_load(name: str, program: Program) -> None:
    chance = random.Random(f"{SEED} {name}")
    print(f"\n{name}: TEST_SEED={SEED}")
    asyncio.run(Round(program, [Kill(name)] * KILLS, chance).run())
