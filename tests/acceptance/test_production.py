"""The same way on PostgreSQL, Redis 7 and RabbitMQ quorum queues: sent, answered, resumed, and workers killed."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance import seen, stored
from tests.acceptance.clients import Follower, Sender, visitors
from tests.acceptance.deployment import production
from tests.program import Program

CONVERSATIONS, EACH = 20, 10


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with (
        production(tmp_path_factory.mktemp("production")) as settings,
        Program(AGENT_TIMEOUT="1", **settings) as started,
    ):
        yield started


def test_every_part_is_well(program: Program) -> None:
    assert not program.places.redis_socket.exists(), "the embedded Redis serves beside the real one"
    with httpx.Client(trust_env=False) as http:
        program.wait_until(lambda: http.get(f"{program.url}/health").json()["ok"], 30, "well")
    assert program.settings.broker_url.startswith("amqp")
    with_kinds = subprocess.run(
        ["rabbitmqctl", "-q", "-p", program.settings.broker_url.rpartition("/")[2], "list_queues", "name", "type"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if with_kinds.returncode == 0:
        kinds = dict(line.split("\t") for line in with_kinds.stdout.splitlines()[1:])
        assert {kinds[name] for name in ("inbound", "agents", "sweep")} == {"quorum"}


@pytest.mark.parametrize("killed", ["", "messages", "agents", "web"])
def test_sent_answered_resumed(killed: str, program: Program) -> None:
    asyncio.run(_round(program, killed))


async def _round(program: Program, killed: str) -> None:
    whom = await visitors(program.url, CONVERSATIONS)
    senders = [Sender(program.url, visitor) for visitor in whom]
    followers = [Follower(program, visitor) for visitor in whom]

    async def write(sender: Sender) -> None:
        for number in range(EACH):
            await sender.send(f"message {number}")

    try:
        for follower in followers:
            await follower.ready()
        sending = [asyncio.create_task(write(sender)) for sender in senders]
        for follower in followers[::2]:
            follower.cut()
        if killed:
            await asyncio.sleep(0.1)
            gone = await asyncio.to_thread(program.kill, killed)
            await asyncio.to_thread(program.wait_back, killed, gone)
        await asyncio.gather(*sending)
        await _settled(program, senders, followers)
        rows = stored.check_each_once(program.settings.database_url, {s.visitor.id: s.acknowledged for s in senders})
        assert len(rows) == 2 * CONVERSATIONS * EACH
        for follower in followers:
            seen.check_each_once(follower, rows)
        assert all(follower.joined > 1 for follower in followers[::2]), "nobody came back"
    finally:
        for sender in senders:
            sender.hang_up()
        await asyncio.gather(*(follower.close() for follower in followers))


async def _settled(program: Program, senders: list[Sender], followers: list[Follower]) -> None:
    url, ids = program.settings.database_url, [sender.visitor.id for sender in senders]
    async with asyncio.timeout(120):
        while not await asyncio.to_thread(stored.answered, url, ids, CONVERSATIONS * EACH):
            await asyncio.sleep(0.3)
        rows = stored.messages(url, ids)
        while not all(seen.complete(follower, rows) for follower in followers):
            await asyncio.sleep(0.1)
