"""Each process is killed at random moments under load: what was acknowledged is stored once and answered once, and
sockets that come back see each message and each reply once, in order."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator

import pytest

from tests.acceptance import seen, stored
from tests.acceptance.clients import Follower, Sender, visitors
from tests.program import Program

CONVERSATIONS, KILLS = 50, 4
IN_A_WAVE = 125  # messages; four waves are a round
SEED = int(os.environ.get("TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
SETTLED_WITHIN = 120.0


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """One for all rounds. A short limit for answers, so that the leases of the dead run out soon."""
    with Program(AGENT_TIMEOUT="1") as started:
        yield started


@pytest.mark.parametrize("name", ["web", "messages", "agents", "sweeper", "beat", "redis"])
def test_killed_under_load(name: str, program: Program) -> None:
    chance = random.Random(f"{SEED} {name}")
    print(f"\n{name}: TEST_SEED={SEED}")
    asyncio.run(Round(program, name, chance).run())


class Round:
    """500 messages in four waves over 50 conversations; one kill into each wave."""

    def __init__(self, program: Program, name: str, chance: random.Random) -> None:
        self._program, self._name, self._chance = program, name, chance
        self._sent = 0
        self._under_way: list[int] = []  # at each kill: messages sent and not yet answered

    async def run(self) -> None:
        whom = await visitors(self._program.url, CONVERSATIONS)
        self._senders = [Sender(self._program.url, visitor) for visitor in whom]
        self._followers = [Follower(self._program, visitor) for visitor in whom]
        try:
            for follower in self._followers:
                await follower.ready()
            began = time.monotonic()
            for _ in range(KILLS):
                await self._wave()
            await self._settle()
            print(f"{self._name}: {self._sent} messages in {time.monotonic() - began:.0f} s, ", end="")
            self._check()
        finally:
            for sender in self._senders:
                sender.hang_up()
            await asyncio.gather(*(follower.close() for follower in self._followers))

    async def _wave(self) -> None:
        """Messages from everywhere, sockets that break, and in the middle of it the kill."""
        shares = [self._senders[n % CONVERSATIONS] for n in range(IN_A_WAVE)]
        sending = [asyncio.create_task(self._send(s, shares.count(s))) for s in self._senders]
        for follower in self._chance.sample(self._followers, 10):
            follower.cut()
        await asyncio.sleep(self._chance.uniform(0.0, 0.35))
        killed = await self._kill()
        self._under_way.append(self._sent - sum(len(seen.reported(follower.events)) for follower in self._followers))
        await asyncio.gather(*sending)
        await asyncio.to_thread(self._program.wait_back, self._name, killed)

    async def _send(self, sender: Sender, count: int) -> None:
        for _ in range(count):
            self._sent += 1
            await sender.send(f"message {self._sent}")

    async def _kill(self) -> list[int]:
        async with asyncio.timeout(30):
            while not (killed := await asyncio.to_thread(self._program.kill, self._name)):
                await asyncio.sleep(0.02)
        return killed

    async def _settle(self) -> None:
        url, ids = self._program.settings.database_url, [s.visitor.id for s in self._senders]
        async with asyncio.timeout(SETTLED_WITHIN):
            while not await asyncio.to_thread(stored.answered, url, ids, self._sent):
                await asyncio.sleep(0.3)
            rows = stored.messages(url, ids)
            while not all(seen.complete(follower, rows) for follower in self._followers):
                await asyncio.sleep(0.1)

    def _check(self) -> None:
        sent = {sender.visitor.id: sender.acknowledged for sender in self._senders}
        again = sum(sender.again for sender in self._senders)
        print(f"{again} sends unacknowledged, sockets joined {sum(f.joined for f in self._followers)} times, ", end="")
        print(f"killed with {self._under_way} messages under way")
        assert sum(n > 0 for n in self._under_way) >= KILLS - 1, "not killed under load"
        assert sum(map(len, sent.values())) == self._sent == KILLS * IN_A_WAVE
        rows = stored.check_each_once(self._program.settings.database_url, sent)
        for follower in self._followers:
            seen.check_each_once(follower, rows)
