"""The database is away for twenty seconds: messages are accepted all the same, and answered behind."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

from tests.acceptance import stored
from tests.acceptance.clients import Follower, Visitor
from tests.acceptance.person import Person
from tests.acceptance.proxy import Proxy
from tests.program import Program
from tests.services import require_postgres
from tests.stores import database

AWAY_FOR = 12.0
EVERY = 0.5


def _write_meanwhile(person: Person) -> int:
    """A message every half second while the database is away. Returns how many."""
    began, count = time.monotonic(), 0
    while time.monotonic() < began + AWAY_FOR:
        asked = time.monotonic()
        person.send(f"meanwhile {count}")
        assert time.monotonic() - asked < 4, "an accept waited for the database"
        count += 1
        time.sleep(EVERY)
    return count


def _health(person: Person) -> str:
    return str(person.http.get("/health").json()["parts"]["database"])


def _all_answered(program: Program, url: str, person: Person) -> None:
    program.wait_until(lambda: stored.answered(url, [person.id], len(person.sent)), 60, "answered")
    stored.check_each_once(url, {person.id: person.sent})


def test_postgresql_away(tmp_path: Path) -> None:
    require_postgres()
    with database("postgresql", tmp_path) as real:
        target = make_url(real)
        with Proxy(target.host or "127.0.0.1", target.port or 5432) as proxy:
            url = target.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
            with Program(DATABASE_URL=url, AGENT_TIMEOUT="2") as program, Person(program) as person:
                person.wait_reply(person.send("before"))
                proxy.stop()
                began = time.monotonic()
                read = person.get("/messages")
                assert (read.status_code, read.headers["content-type"]) == (503, "application/problem+json")
                assert int(read.headers["Retry-After"]) > 0
                assert person.http.post("/api/conversations", json={}).status_code == 503
                assert person.http.get("/ready").status_code == 200, "it still accepts"
                program.wait_until(lambda: _health(person) == "away", 10, "told")
                count = _write_meanwhile(person)
                assert len(person.messages()) == 0, "the proxy let something through"
                proxy.start()
                back = time.monotonic()
                _all_answered(program, real, person)
                print(f"\naway {back - began:.0f} s, {count} accepted, answered {time.monotonic() - back:.1f} s later")
                program.wait_until(lambda: _health(person) == "ok", 10, "told")


def test_sqlite_locked_stalls_no_socket() -> None:
    with Program(AGENT_TIMEOUT="2") as program, Person(program) as person, Person(program) as other:
        person.wait_reply(person.send("before"))
        file = program.settings.database_url.removeprefix("sqlite:///")
        lock = sqlite3.connect(file, isolation_level=None, timeout=30)
        try:
            lock.execute("BEGIN EXCLUSIVE")
            latencies = asyncio.run(_typing_while(program, person, other, lambda: _write_meanwhile(person)))
            assert not stored.answered(program.settings.database_url, [person.id], 2), "it was not locked"
            lock.execute("ROLLBACK")
        finally:
            lock.close()
        back = time.monotonic()
        _all_answered(program, program.settings.database_url, person)
        latencies.sort()
        median, longest = latencies[len(latencies) // 2] * 1e3, latencies[-1] * 1e3
        print(f"\n{len(latencies)} commands while locked: median {median:.0f} ms, longest {longest:.0f} ms;")
        print(f"{len(person.sent)} answered {time.monotonic() - back:.1f} s behind")
        assert len(latencies) > 20
        assert sum(seconds > 1 for seconds in latencies) <= 1  # each tenth would be, if the lock stalled the process


async def _typing_while(program: Program, person: Person, other: Person, work: Callable[[], int]) -> list[float]:
    """Latencies of `typing` on one socket, while messages are sent and another socket writes to the locked file."""
    socket = Follower(program, Visitor(person.id, person.token))
    writer = Follower(program, Visitor(other.id, other.token))
    latencies = []
    marks = set()
    try:
        await socket.ready()
        await writer.ready()
        working = asyncio.create_task(asyncio.to_thread(work))
        for n in itertools.count():
            if working.done():
                break
            began = time.monotonic()
            assert "error" not in await socket.rpc("typing")
            latencies.append(time.monotonic() - began)
            if n % 10 == 0:  # a call that needs the database, and waits for it
                data = {"conversation_id": other.id, "up_to": "00000000-0000-4000-8000-000000000000"}
                marks.add(asyncio.create_task(writer.rpc("message.read", **data)))
            await asyncio.sleep(0.1)
        await working
        for mark in marks:  # they wait for the lock, which is held until this returns
            mark.cancel()
        await asyncio.gather(*marks, return_exceptions=True)
    finally:
        await socket.close()
        await writer.close()
    return latencies
