"""The peers of tests.bench.peers as processes, on the Redis that the program under test uses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from tests.live import ROOT, until
from tests.ports import free_port

DATABASE = 3  # of the same server: same process, same disk, other keys


class Peers:
    """Their address, and a look at their queues."""

    def __init__(self, socket: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis = Redis(unix_socket_path=socket, db=DATABASE)

    def idle(self) -> bool:
        """True when every task has been done."""
        return not (self.redis.llen("one") or self.redis.llen("two") or self.redis.hlen("unacked"))


@contextmanager
def peers(socket: str) -> Iterator[Peers]:
    """Gunicorn with the bare routes and two workers with the empty tasks, pools as large as ours."""
    found = Peers(socket)
    environ = os.environ | {
        "PEER_BROKER": f"redis+socket://{socket}?virtual_host={DATABASE}",
        "PEER_REDIS": socket,
        "PEER_DATABASE": str(DATABASE),
    }
    worker = [
        "-m",
        "celery",
        "-A",
        "tests.bench.peers",
        "worker",
        "-P",
        "threads",
        "--without-gossip",
        "--without-mingle",
    ]
    web = ["-m", "gunicorn", "-k", "gevent", "-w", "1", "--no-control-socket", "-b", f"127.0.0.1:{found.port}"]
    commands = [
        [*worker, "-Q", "one", "-c", "4", "-n", "one@%h"],
        [*worker, "-Q", "two", "-c", "8", "-n", "two@%h"],
        [*web, "tests.bench.peers:create_app()"],
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen([sys.executable, *c], cwd=ROOT, env=environ, **quiet) for c in commands]  # type: ignore[call-overload]
    try:
        until(lambda: bool(found.redis.pubsub_numsub("nobody")) and _both_consume(found), 30)
        yield found
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)
        found.redis.flushdb()


def _both_consume(found: Peers) -> bool:
    return all(found.redis.exists(f"_kombu.binding.{name}") for name in ("one", "two"))
