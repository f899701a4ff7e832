"""A round of messages from everywhere into which blows fall: what was acknowledged is stored once and answered once, and
sockets that come back see each message and each reply once, in order."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from tests.acceptance import seen, stored
from tests.acceptance.clients import Follower, Sender, visitors
from tests.program import Program

CONVERSATIONS = 50
IN_A_WAVE = 125  # messages; a wave for each blow
SEED = int(os.environ.get("TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
SETTLED_WITHIN = 240.0


@dataclass(frozen=True)
class Kill:
    """SIGKILL to all processes of this name."""

    name: str

    async def fall(self, program: Program, chance: random.Random) -> None:
        """Kills, once there is something to kill."""
        async with asyncio.timeout(60):
            while not (killed := await asyncio.to_thread(program.kill, self.name)):
                await asyncio.sleep(0.02)
        await asyncio.to_thread(program.wait_back, self.name, killed)


@dataclass(frozen=True)
class Stop:
    """SIGSTOP to all processes of this name, for so many seconds at most: longer than a lease lasts."""

    name: str
    seconds: float = 9.0

    async def fall(self, program: Program, chance: random.Random) -> None:
        """Stops them and lets them go on."""
        stopped = await asyncio.to_thread(program.pids, self.name)
        _send(stopped, signal.SIGSTOP)
        try:
            await asyncio.sleep(chance.uniform(0.5, self.seconds))
        finally:
            _send(stopped, signal.SIGCONT)


def _send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Round:
    """A wave of messages over 50 conversations for each blow, which falls into the middle of it."""

    def __init__(self, program: Program, blows: Sequence[Kill | Stop], chance: random.Random) -> None:
        self._program, self._blows, self._chance = program, blows, chance
        self._sent = 0
        self._under_way: list[int] = []  # at each blow: messages sent and not yet answered

    async def run(self) -> None:
        """All waves; then everything is looked at."""
        whom = await visitors(self._program.url, CONVERSATIONS)
        self._senders = [Sender(self._program.url, visitor) for visitor in whom]
        self._followers = [Follower(self._program, visitor) for visitor in whom]
        try:
            for follower in self._followers:
                await follower.ready()
            began = time.monotonic()
            for blow in self._blows:
                await self._wave(blow)
            await self._settle()
            print(f"{self._sent} messages in {time.monotonic() - began:.0f} s, ", end="")
            self._check()
        finally:
            for sender in self._senders:
                sender.hang_up()
            await asyncio.gather(*(follower.close() for follower in self._followers))

    async def _wave(self, blow: Kill | Stop) -> None:
        """Messages from everywhere, sockets that break, and in the middle of it the blow."""
        shares = [self._senders[n % CONVERSATIONS] for n in range(IN_A_WAVE)]
        before = self._sent
        sending = [asyncio.create_task(self._send(s, shares.count(s))) for s in self._senders]
        for follower in self._chance.sample(self._followers, 10):
            follower.cut()
        while self._sent < before + 10:
            await asyncio.sleep(0.001)
        await asyncio.sleep(self._chance.uniform(0.0, 0.2))
        self._under_way.append(self._sent - sum(len(seen.reported(follower.events)) for follower in self._followers))
        await blow.fall(self._program, self._chance)
        await asyncio.gather(*sending)

    async def _send(self, sender: Sender, count: int) -> None:
        for _ in range(count):
            self._sent += 1
            await sender.send(f"message {self._sent}")

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
        print(f"hit with {self._under_way} messages under way")
        assert sum(n > 0 for n in self._under_way) >= len(self._blows) - 1, "not hit under load"
        assert sum(map(len, sent.values())) == self._sent == len(self._blows) * IN_A_WAVE
        rows = stored.check_each_once(self._program.settings.database_url, sent)
        for follower in self._followers:
            seen.check_each_once(follower, rows)
