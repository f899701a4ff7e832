"""The program on PostgreSQL, an external Redis and RabbitMQ, as in production: nothing embedded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from redis import Redis

from tests.acceptance.rounds import SEED, Kill, Round
from tests.acceptance.test_kills import KILLS
from tests.program import Program
from tests.services import rabbitmq_vhost, rabbitmqctl, redis_database
from tests.stores import database
from workers.runtime.chains import QUEUES


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """As in production, with a short limit for answers, so that the leases of the dead run out soon."""
    with (
        database("postgresql", tmp_path_factory.mktemp("var")) as postgres,
        redis_database() as redis,
        rabbitmq_vhost() as rabbitmq,
        Program(DATABASE_URL=postgres, REDIS_URL=redis, BROKER_URL=rabbitmq, AGENT_TIMEOUT="1") as started,
    ):
        yield started


def test_the_embedded_redis_stays_out_of_the_way(program: Program) -> None:
    assert "REDIS_URL is set" in program.places.log("redis").read_text()
    assert program.states()["redis"] == "RUNNING", "a process that ends would be started again and again"
    assert not program.places.redis_socket.exists()


def test_queues_are_replicated_ones_and_only_in_rabbitmq(program: Program) -> None:
    vhost = urlsplit(program.settings.broker_url).path[1:]
    rows = [row.split() for row in rabbitmqctl("list_queues", "-p", vhost, "name", "type", "durable").splitlines()]
    assert {name: (kind, durable) for name, kind, durable in rows if name in QUEUES} == dict.fromkeys(
        QUEUES, ("quorum", "true")
    )
    with Redis.from_url(program.settings.redis_url) as client:
        assert list(client.scan_iter("queue:*")) == []


def test_nothing_is_kept_in_a_file(program: Program) -> None:
    assert not (program.folder / "switchboard.db").exists()
    assert not (program.folder / "redis").exists()


@pytest.mark.parametrize("name", ["web", "messages", "agents", "sweeper"])
def test_killed_under_load(name: str, program: Program) -> None:
    asyncio.run(Round(program, [Kill(name)] * KILLS, random.Random(f"{SEED} {name}")).run())
