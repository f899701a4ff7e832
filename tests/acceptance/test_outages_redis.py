"""Redis or the broker is away, frozen or wiped: an honest 503, no hanging, recovery by itself, and stored work done."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from redis import Redis as Client

from tests.acceptance import stored
from tests.acceptance.person import Person
from tests.live import Redis
from tests.program import Program

ANSWERED_WITHIN = 60.0


@contextmanager
def server() -> Iterator[Redis]:
    """A Redis of the test's own, outside the supervisor."""
    made = Redis()
    try:
        yield made
    finally:
        made.thaw()
        made.remove()


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with server() as made:
        yield made


@pytest.fixture(scope="module")
def program(redis: Redis) -> Iterator[Program]:
    """Short answers, so that the leases of what was lost run out soon."""
    with Program(REDIS_URL=redis.url, AGENT_TIMEOUT="2") as started:
        yield started


def _check_all(program: Program, person: Person) -> None:
    url = program.settings.database_url
    program.wait_until(lambda: stored.answered(url, [person.id], len(person.sent)), ANSWERED_WITHIN, "answered")
    stored.check_each_once(url, {person.id: person.sent})


def _send_once_back(program: Program, person: Person) -> float:
    """Sends as soon as messages are accepted again, and waits for the answer. Returns the seconds that took."""
    began = time.monotonic()
    answers: list[httpx.Response] = []

    def accepted() -> bool:
        answers.append(person.post("again there"))
        return answers[-1].status_code == 202

    program.wait_until(accepted, 30, "accepting")
    person.sent[answers[-1].json()["message_id"]] = "again there"
    person.wait_reply(answers[-1].json()["message_id"], ANSWERED_WITHIN)
    return time.monotonic() - began


def _is_honest(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert int(response.headers["Retry-After"]) > 0


def test_redis_away(redis: Redis, program: Program) -> None:
    with Person(program) as person:
        person.wait_reply(person.send("before"))
        web = program.pids("web")
        redis.kill()
        for _ in range(5):
            began = time.monotonic()
            _is_honest(person.post("lost"))
            _is_honest(person.http.get("/ready"))
            assert time.monotonic() - began < 10
        assert person.get("/messages").status_code == 200, "reads need no Redis"
        redis.start()
        seconds = _send_once_back(program, person)
        _check_all(program, person)
        assert program.pids("web") == web, "the web process was started anew"
        print(f"\naccepted and answered {seconds:.1f} s after Redis came back")


def test_redis_frozen(redis: Redis, program: Program) -> None:
    with Person(program) as person:
        person.wait_reply(person.send("before"))
        web = program.pids("web")
        redis.freeze()
        began = time.monotonic()
        _is_honest(person.post("frozen"))
        first = time.monotonic() - began
        assert first < 15, "a frozen Redis held the request"
        redis.thaw()
        seconds = _send_once_back(program, person)
        assert program.pids("web") == web
        url = program.settings.database_url
        program.wait_until(lambda: stored.answered(url, [person.id], 2), ANSWERED_WITHIN, "answered")
        contents = [row.content for row in stored.messages(url, [person.id]) if row.author_kind == "contact"]
        assert contents.count("frozen") <= 1  # told 503: Redis may have done it all the same
        print(f"\n503 after {first:.1f} s; accepted and answered {seconds:.1f} s after the thaw")


def test_redis_wiped() -> None:
    """What is stored is answered, and what comes later finds its way: queues are declared anew."""
    with Program(AGENT_TIMEOUT="2") as program, Person(program) as person:
        person.wait_reply(person.send("before"))
        url = program.settings.database_url
        program.wait_until(lambda: not stored.undone(url, [person.id]), 10, "at rest")  # and the file not locked
        agents = program.pids("agents")
        for pid in agents:
            os.kill(pid, signal.SIGSTOP)
        ids = [person.send(f"stored {n}") for n in range(5)]
        client = Client(unix_socket_path=str(program.places.redis_socket))
        program.wait_until(lambda: len(stored.messages(url, [person.id])) == 7, 20, "stored")
        program.wait_until(lambda: not any(client.llen(f"ledger:{n}") for n in range(16)), 20, "struck")
        client.flushall()
        client.close()
        began = time.monotonic()
        program.kill("agents")  # with the wake-ups it had taken: now nobody but the sweeper knows
        person.wait_reply(ids[-1], ANSWERED_WITHIN)
        stored_done = time.monotonic() - began
        seconds = _send_once_back(program, person)
        _check_all(program, person)
        print(f"\nstored work answered {stored_done:.1f} s after the wipe, a new message in {seconds:.1f} s")
        assert seconds < 10, "wake-ups are still lost after the wipe"


def test_broker_away() -> None:
    """Redis is there, the broker is not: accepted, and answered once the broker is back."""
    with server() as redis, server() as broker:
        broker_url = broker.url.replace("unix://", "redis+socket://")
        settings = {"REDIS_URL": redis.url, "BROKER_URL": broker_url, "AGENT_TIMEOUT": "2"}
        with Program(**settings) as program, Person(program) as person:
            person.wait_reply(person.send("before"))
            broker.kill()
            for n in range(10):
                began = time.monotonic()
                person.send(f"without broker {n}")
                assert time.monotonic() - began < 10, "the broker held an accept"
            assert person.http.get("/ready").status_code == 200
            program.wait_until(lambda: person.http.get("/health").json()["parts"]["broker"] == "away", 10, "told")
            url = program.settings.database_url
            assert len(stored.messages(url, [person.id])) == 2, "it was not away"
            broker.start()
            began = time.monotonic()
            _check_all(program, person)
            print(f"\n10 messages answered {time.monotonic() - began:.1f} s after the broker came back")
