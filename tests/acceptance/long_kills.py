"""`make kills`: two hundred kills and fifty stops, mixed over all processes, each into the middle of a wave of messages.

pytest finds it only when it is named. TEST_SEED repeats a run, TEST_ROUNDS shortens or lengthens it.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterator

import pytest

from tests.acceptance.rounds import SEED, Kill, Round, Stop
from tests.program import Program
from workers.run import procfile

ROUNDS = int(os.environ.get("TEST_ROUNDS", "10"))
KILLS, STOPS = 20, 5  # in a round


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with Program(AGENT_TIMEOUT="1") as started:
        yield started


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_everything_is_killed_and_stopped(number: int, program: Program) -> None:
    chance = random.Random(f"{SEED} {number}")
    print(f"\nround {number}: TEST_SEED={SEED}")
    names = list(procfile.read())
    blows: list[Kill | Stop] = [Kill(chance.choice(names)) for _ in range(KILLS)]
    blows += [Stop(chance.choice(names)) for _ in range(STOPS)]
    chance.shuffle(blows)
    asyncio.run(Round(program, blows, chance).run())
