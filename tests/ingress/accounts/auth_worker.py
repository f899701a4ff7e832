"""A real auth worker beside the app under test: the processes of the Procfile's line, on the test's stores."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from models.health import heartbeats
from models.settings import ROOT
from tests.live import until


@contextmanager
def auth_worker(processes: int = 2) -> Iterator[subprocess.Popen[bytes]]:
    """Ready inside, ended behind. It has the environment of this process, as its settings are now."""
    heartbeats.forget(("auth",))
    options = f"-q -A workers.tasks worker -P prefork -Q auth -c {processes} --without-gossip --without-mingle"
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", *options.split(), "-n", f"auth-{os.getpid()}@%h"],
        cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: heartbeats.ages(("auth",))["auth"] is not None, 30)
        yield worker
    finally:
        worker.terminate()
        worker.wait(20)
