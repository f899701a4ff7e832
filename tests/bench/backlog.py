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
from tests.bench.way import write_to
from tests.program import Program

BACKLOG, VISITORS = 20_000, 2_000
WORKERS = ("messages", "agents")


async def fill(url: str) -> None:
    """Accepts the backlog."""
    whom = await visitors(url, VISITORS)
    await flood(url, [write_to(whom[n % VISITORS], n) for n in range(BACKLOG)], 16)


def drained(program: Program) -> list[dict[str, float]]:
    """A sample a second: seconds, messages answered, megabytes of each worker."""
    database = create_engine(program.settings.database_url)
    asked = text("SELECT count(*) FROM message WHERE status = 'answered' AND author_kind = 'contact'")
    samples: list[dict[str, float]] = []
    began = time.monotonic()
    while not samples or samples[-1]["answered"] < BACKLOG:
        assert time.monotonic() - began < 600, samples[-1]
        time.sleep(1)
        with database.connect() as connection:
            answered = connection.execute(asked).scalar_one()
        sizes = {name: sum(psutil.Process(p).memory_info().rss for p in program.pids(name)) / 1e6 for name in WORKERS}
        samples.append({"seconds": time.monotonic() - began, "answered": answered, **sizes})
    database.dispose()
    return samples


def run() -> dict[str, Any]:
    """The rates of the first, middle and last third, and the memory of each worker then."""
    with Program() as program:
        workers = [pid for name in WORKERS for pid in program.pids(name)]
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        asyncio.run(fill(program.url))
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        samples = drained(program)
    rates = [(b["answered"] - a["answered"]) / (b["seconds"] - a["seconds"]) for a, b in pairwise(samples)]
    third = max(1, len(rates) // 3)
    parts = {"first": rates[:third], "middle": rates[third : 2 * third], "last": rates[2 * third : -1] or rates[-1:]}
    return {
        "backlog": BACKLOG,
        "seconds": round(samples[-1]["seconds"], 1),
        "rate": {name: round(statistics.mean(part)) for name, part in parts.items()},
        "megabytes": {name: [round(samples[i][name]) for i in (0, len(samples) // 2, -1)] for name in WORKERS},
        "samples": samples,
    }


if __name__ == "__main__":
    print(json.dumps({k: v for k, v in run().items() if k != "samples"}, indent=2))
