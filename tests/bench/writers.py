"""Twelve who write to SQLite at once, from a fresh start on: the slowest of each round.

`python -m tests.bench.writers` prints JSON, in seconds.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from tests.bench.load import Http, request
from tests.bench.programs import program
from tests.bench.sizes import sized

WRITERS, ROUNDS = sized(12, 2), sized(20, 2)
PASSWORD = "a few words to remember"


async def register(url: str, number: int) -> str:
    """An account's access token."""
    http = await Http(url).open()
    said = {"email": f"writer{number}@example.org", "password": PASSWORD}
    status, body = await http.send(request("POST", "/api/auth/register", said))
    http.close()
    assert status == 201, body
    return str(json.loads(body)["access_token"])


async def write(http: Http, token: str, name: str) -> float:
    """Seconds that a change of one's own name takes."""
    began = time.perf_counter()
    status, body = await http.send(request("PUT", "/api/auth/me", {"full_name": name}, token))
    assert status == 200, body
    return time.perf_counter() - began


async def rounds(url: str) -> list[float]:
    """The slowest writer of each round. Two users write over a connection for each writer."""
    tokens = [await register(url, number) for number in range(2)]
    slowest = []
    for turn in range(ROUNDS):
        connections = [await Http(url).open() for _ in range(WRITERS)]
        writing = (write(http, tokens[n % 2], f"Name {turn} {n}") for n, http in enumerate(connections))
        slowest.append(round(max(await asyncio.gather(*writing)), 3))
        for http in connections:
            http.close()
    return slowest


def run() -> dict[str, Any]:
    """All rounds, on a program that has just started."""
    with program() as started:
        return {"writers": WRITERS, "seconds": asyncio.run(rounds(started.url))}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
