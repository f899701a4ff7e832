"""Which processes are a killed run's, and that they end."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from workers.run import leftovers
from workers.run.environment import MARK
from workers.run.places import Places

STUBBORN = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
WILLING = "import sys; print(flush=True); sys.stdin.read()"
Begin = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "vär", tmp_path / "log")


@pytest.fixture
def begin() -> Iterator[Begin]:
    with ExitStack() as stack:

        def start(program: str, title: str | None = None, **environ: str) -> subprocess.Popen[str]:
            words = [title or sys.executable, "-c", program]
            process = subprocess.Popen(
                words, executable=sys.executable, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout
            process.stdout.readline()
            return process

        yield start


def test_a_process_is_known_by_its_environment(places: Places, begin: Begin) -> None:
    web = begin(WILLING, **{MARK: str(places.var), "SUPERVISOR_PROCESS_NAME": "web"})
    supervisor = begin(WILLING, **{MARK: str(places.var)})
    begin(WILLING, **{MARK: f"{places.var}2"})
    begin(WILLING)
    assert {(p.pid, p.name) for p in leftovers.of_run(places)} == {(web.pid, "web"), (supervisor.pid, "supervisor")}


def test_redis_is_known_by_its_title(places: Places, begin: Begin) -> None:
    redis = begin(WILLING, title=f"redis-server unixsocket:{places.redis_socket}")
    begin(WILLING, title=f"editor unixsocket:{places.redis_socket}")
    begin(WILLING, title=f"redis-server unixsocket:{Places(places.logs, places.logs).redis_socket}")
    assert [(p.pid, p.name) for p in leftovers.of_run(places)] == [(redis.pid, "redis")]


def test_they_end_and_what_does_not_is_killed(places: Places, begin: Begin) -> None:
    mine = {MARK: str(places.var), "SUPERVISOR_PROCESS_NAME": "web"}
    willing, stubborn = begin(WILLING, **mine), begin(STUBBORN, **mine)
    assert leftovers.end(places, grace=2) == ["web"]
    assert (willing.wait(30), stubborn.wait(30)) == (-15, -9)


def test_one_that_is_dead_and_not_buried_is_not_waited_for(places: Places, begin: Begin) -> None:
    """This test is the parent and buries nobody, as the first process of many containers."""
    process = begin(WILLING, **{MARK: str(places.var)})
    assert leftovers.end(places, grace=600) == ["supervisor"]
    assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
    assert leftovers.of_run(places) == []
