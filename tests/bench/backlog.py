"""A backlog of 20,000 messages: does it drain at a constant rate, and does the workers' memory stay flat?

The workers are frozen while the messages are accepted, then they go on. `python -m tests.bench.backlog` prints JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import time
from itertools import pairwise
from typing import Any

import psutil
from sqlalchemy import create_engine, text

from tests.bench.load import flood, visitors
from tests.bench.programs import program
from tests.bench.sizes import sized
from tests.bench.way import write_to
from tests.program import Program

BACKLOG, VISITORS = sized(20_000, 4), sized(2_000, 2)
WORKERS = ("messages", "agents")


async def fill(url: str) -> None:
    """Accepts the backlog."""
    whom = await visitors(url, VISITORS)
    await flood(url, [write_to(whom[n % VISITORS], n) for n in range(BACKLOG)], 16)


def answered(program: Program) -> int:
    """How many messages have been answered."""
    database = create_engine(program.settings.database_url)
    query = text("SELECT count(*) FROM message WHERE status = 'answered' AND author_kind = 'contact'")
    with database.connect() as connection:
        count = int(connection.execute(query).scalar_one())
    database.dispose()
    return count


def drained(program: Program, before: int) -> list[dict[str, float]]:
    """A sample a second: seconds, messages answered since, megabytes of each worker. Two at least."""
    samples: list[dict[str, float]] = []
    began = time.monotonic()
    while len(samples) < 2 or samples[-1]["answered"] < BACKLOG:
        assert time.monotonic() - began < 600, samples[-1]
        time.sleep(1)
        since = answered(program) - before
        sizes = {name: sum(psutil.Process(p).memory_info().rss for p in program.pids(name)) / 1e6 for name in WORKERS}
        samples.append({"seconds": time.monotonic() - began, "answered": since, **sizes})
    return samples


def run() -> dict[str, Any]:
    """The rates of the first, middle and last third, and the memory of each worker then."""
    with program() as started:
        before = answered(started)
        workers = [pid for name in WORKERS for pid in started.pids(name)]
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        asyncio.run(fill(started.url))
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        samples = drained(started, before)
    rates = [(b["answered"] - a["answered"]) / (b["seconds"] - a["seconds"]) for a, b in pairwise(samples)]
    third = max(1, len(rates) // 3)
    parts = {"first": rates[:third], "middle": rates[third : 2 * third], "last": rates[2 * third : -1]}
    return {
        "backlog": BACKLOG,
        "seconds": round(samples[-1]["seconds"], 1),
        "rate": {name: round(statistics.mean(part or rates[-1:])) for name, part in parts.items()},
        "megabytes": {name: [round(samples[i][name]) for i in (0, len(samples) // 2, -1)] for name in WORKERS},
        "samples": samples,
    }


if __name__ == "__main__":
    print(json.dumps({k: v for k, v in run().items() if k != "samples"}, indent=2))
