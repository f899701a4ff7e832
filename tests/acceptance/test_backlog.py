"""A backlog of 20,000 wake-ups before every worker: the sweeper goes on, and what is asked meanwhile is answered."""

from __future__ import annotations

import copy
import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis

from tests.acceptance.person import Person
from tests.program import Program

BACKLOG = 20_000
WATCHED = 12.0  # seconds; what is left of the backlog then is taken away, but for its end, where the question is
END = 200
FRESH = 15.0  # seconds; a heartbeat is due every 5, and the backlog lasts for longer


@contextmanager
def _stopped(program: Program, name: str) -> Iterator[None]:
    pids = program.pids(name)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _template(program: Program, client: Redis, queue: str, task: str) -> dict[str, Any]:
    """A task as Celery writes it, taken from the broker of a program whose worker is stopped."""
    from tests.acceptance.stages import send
    from tests.acceptance.stopping import run

    run(program.environ | {"SECRET_KEY": program.settings.secret_key[0]}, send, task, queue, [["unknown"]])
    program.wait_until(lambda: client.llen(f"queue:{queue}"), 10, "published")
    made: dict[str, Any] = json.loads(client.lindex(f"queue:{queue}", 0) or "{}")  # type: ignore[arg-type]
    return made


def _pile_up(client: Redis, queue: str, template: dict[str, Any]) -> None:
    pipe = client.pipeline(transaction=False)
    for n in range(BACKLOG):
        task = copy.deepcopy(template)
        task["headers"]["id"] = task["properties"]["correlation_id"] = str(uuid.uuid4())
        task["properties"]["delivery_tag"] = str(uuid.uuid4())
        pipe.lpush(f"queue:{queue}", json.dumps(task))
        if n % 1000 == 999:
            pipe.execute()


def test_backlog_does_not_starve_the_sweeper() -> None:
    with Program(AGENT_TIMEOUT="2") as program, Person(program) as person:
        client = Redis(unix_socket_path=str(program.places.redis_socket), decode_responses=True)
        with client, _stopped(program, "agents"):
            template = _template(program, client, "agents", "answer")
            _pile_up(client, "agents", template)
        with client:
            asked = person.send("behind a backlog")
            began = time.monotonic()
            ages = []
            while left := int(client.llen("queue:agents")):  # type: ignore[arg-type]
                if time.monotonic() - began > WATCHED:
                    client.ltrim("queue:agents", 0, END)  # the newest are at the left
                ages.append(time.time() - int(client.get("heartbeat:sweep") or 0) / 1e6)  # type: ignore[arg-type]
                assert ages[-1] < FRESH, f"the sweeper is silent, with {left} before it"
                assert time.monotonic() - began < 120, f"{left} left"
                time.sleep(0.5)
            person.wait_reply(asked)
            print(f"\nThe sweeper's heartbeat was {max(ages):.1f} s old at most, in {len(ages)} looks")
            assert len(ages) > 20, "it was no backlog"
