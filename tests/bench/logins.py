"""Signing in: how many a second beside what bcrypt itself allows on these cores, what our way adds to one check, idle
and behind 1,000 answers that wait for a slow model; and what a token costs the ingress.

`python -m tests.bench.logins` prints JSON, in milliseconds and per second.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
import uuid
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import bcrypt
import psutil

from tests.bench.first_token import MODEL, provider
from tests.bench.load import Http, flood, request, visitors
from tests.bench.programs import program
from tests.bench.sizes import sized
from tests.bench.way import write_to
from tests.program import Program
from tests.stores import fresh

CORES = psutil.cpu_count() or 1
SECONDS = sized(10, 1)
USERS, ROUNDS, ALONE = sized(20, 2), sized(3, 1), sized(40, 2)
BACKLOG, TOKENS = sized(1000, 4), sized(1000, 4)
PASSWORD = "a few words to remember"
SLOW = MODEL.replace("normal", "slow")
_HASH = bcrypt.hashpw(b"x" * 44, bcrypt.gensalt(12))


def _check(_: int = 0) -> float:
    began = time.perf_counter()
    bcrypt.checkpw(b"x" * 44, _HASH)
    return (time.perf_counter() - began) * 1000


def _checks(seconds: float) -> int:
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        _check()
        count += 1
    return count


def limit() -> float:
    """Checks a second by all cores, with nothing around them."""
    with multiprocessing.Pool(CORES) as pool:
        pool.map(_check, range(CORES))
        began = time.monotonic()
        return sum(pool.map(_checks, [SECONDS] * CORES, chunksize=1)) / (time.monotonic() - began)


def login(n: int) -> bytes:
    """The request of one user."""
    return request("POST", "/api/auth/login", {"username": f"user{n % USERS}", "password": PASSWORD})


async def register(url: str) -> None:
    """Makes the users."""
    said = [{"email": f"user{n}@example.org", "username": f"user{n}", "password": PASSWORD} for n in range(USERS)]
    await flood(url, [request("POST", "/api/auth/register", one) for one in said], 2 * CORES)


async def rate(url: str, count: int) -> float:
    """Logins a second, with enough of them under way to keep the cores busy."""
    seconds, _ = await flood(url, [login(n) for n in range(count)], 4 * CORES)
    return count / seconds


async def alone(url: str) -> list[float]:
    """Milliseconds of each of some logins, one after the other."""
    http, times = await Http(url).open(), []
    for n in range(ALONE):
        began = time.perf_counter()
        status, body = await http.send(login(n))
        assert status == 200, body
        times.append((time.perf_counter() - began) * 1000)
    http.close()
    return times


def added(url: str) -> dict[str, float]:
    """The median login, one check measured right before and behind it, and the difference."""
    before = [_check() for _ in range(ALONE // 2)]
    times = asyncio.run(alone(url))
    check = median(before + [_check() for _ in range(ALONE // 2)])
    return {"login": round(median(times), 1), "check": round(check, 1), "added": round(median(times) - check, 1)}


async def back_up(url: str) -> None:
    """Makes 1,000 conversations wait for their answers."""
    whom = await visitors(url, BACKLOG)
    await flood(url, [write_to(one, n) for n, one in enumerate(whom)], 16)


def behind_a_backlog() -> dict[str, Any]:
    """The same while a slow model has 1,000 answers to give."""
    with provider() as base, Program(LLM_MODEL=SLOW, LLM_API_BASE=base, LLM_API_KEY="k") as program:
        asyncio.run(register(program.url))
        asyncio.run(back_up(program.url))
        waiting = [_waiting(program)]
        found = added(program.url)
        waiting.append(_waiting(program))
    assert waiting[1] > BACKLOG // 2, waiting
    return found | {"waiting": waiting}


def _waiting(program: Program) -> int:
    from sqlalchemy import create_engine, text

    database = create_engine(program.settings.database_url)
    with database.connect() as connection:
        pending = int(connection.execute(text("SELECT sum(pending) FROM conversation")).scalar_one() or 0)
    database.dispose()
    return pending


def token_cost() -> dict[str, float]:
    """Milliseconds for a token that was never seen, and for one that was: signature, claims, and whether it is revoked."""
    from ingress.identity import tokens
    from ingress.identity.callers import authenticated

    with TemporaryDirectory() as folder, fresh("sqlite", Path(folder)):
        made = [
            tokens.visitor_token(str(uuid.uuid4()), "c")
            if n % 2
            else tokens.access_token(str(uuid.uuid4()), str(uuid.uuid4()), 0, is_superuser=False, permissions=[])
            for n in range(TOKENS)
        ]
        authenticated(made[1])  # puts the revocations into Redis
        found = []
        for _ in range(2):
            times = []
            for one in made:
                began = time.perf_counter()
                authenticated(one)
                times.append((time.perf_counter() - began) * 1000)
            found.append(median(times))
    return {"first": round(found[0], 3), "again": round(found[1], 3)}


def run() -> dict[str, Any]:
    """All of it."""
    limits, ours = [], []
    with program() as started:
        asyncio.run(register(started.url))
        count = int(limit() * SECONDS)
        for _ in range(ROUNDS):
            limits.append(round(limit(), 2))
            ours.append(round(asyncio.run(rate(started.url, count)), 2))
        idle = added(started.url)
    ratio = round(median(a / b for a, b in zip(ours, limits, strict=True)), 2)
    logins = {"limit": limits, "ours": ours, "ratio": ratio}
    return {"logins": logins, "idle": idle, "behind": behind_a_backlog(), "token_ms": token_cost()}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
