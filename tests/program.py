"""The whole program for a test: real processes under the real supervisor, in a folder and on ports of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from models.settings import ROOT, Settings, load
from tests.ports import free_port
from workers.run import leftovers, supervisor
from workers.run.environment import PLAIN
from workers.run.places import Places

READY_WITHIN = 120.0
STOPPED_WITHIN = 90.0
QUIET = {"RATELIMIT_ENABLED": "false"}  # tests send more than people do; one that is about limits sets it


class Program:
    """`with Program(LLM_MODEL="local") as program:` is ready inside and ended behind. Keywords are settings.

    Without `folder` (the VAR_FOLDER) it makes one and removes it; a folder that is given is kept, so that a
    second Program on it finds the first one's data.
    """

    def __init__(self, folder: Path | None = None, /, **settings: str) -> None:
        self._made = folder is None
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="sb-program-"))).resolve()
        own = {"VAR_FOLDER": str(self.folder), "PORT": str(free_port()), "FLOWER_PORT": str(free_port())}
        kept = {name: os.environ[name] for name in PLAIN | {"PATH"} if name in os.environ}
        self.environ = kept | QUIET | own | settings
        self.places = Places(self.folder, Path(self.environ.get("LOG_FOLDER") or self.folder / "log").resolve())
        self._output = self.folder / "output"
        self._runner: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the running program, its secrets included."""
        return load(self.environ)

    @property
    def url(self) -> str:
        """Where the web process answers, without a slash at the end."""
        return f"{'https' if self.environ.get('SSL_CERT') else 'http'}://127.0.0.1:{self.environ['PORT']}"

    @property
    def websocket_url(self) -> str:
        """Where the socket is."""
        return self.url.replace("http", "ws", 1) + "/connection/websocket"

    @property
    def flower_url(self) -> str:
        """Where Flower answers."""
        return f"{self.url.partition(':')[0]}://127.0.0.1:{self.environ['FLOWER_PORT']}"

    def __enter__(self) -> Program:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        try:
            if kind is not None:
                print(self.tails())
        finally:
            self.end()

    def start(self) -> None:
        """Starts it and does not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "workers.run", "run"]
        with self._output.open("ab") as output:
            self._runner = subprocess.Popen(
                command, cwd=ROOT, env=self.environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def wait_ready(self, seconds: float = READY_WITHIN) -> None:
        """Waits until it has said that it is ready. Fails with the ends of the logs."""
        self.wait_until(lambda: self.places.addresses.exists() or not self.runs, seconds, "ready")
        assert self.places.addresses.exists(), "it ended before it was ready\n" + self.tails()

    def wait_until(self, true: Callable[[], object], seconds: float = 60, what: str = "true") -> None:
        """Waits for a condition. Fails with the ends of the logs."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"not {what} after {seconds:.0f} s\n{self.tails()}"
            time.sleep(0.05)

    @property
    def runs(self) -> bool:
        """Whether the runner lives."""
        return self._runner is not None and self._runner.poll() is None

    @property
    def runner(self) -> subprocess.Popen[bytes]:
        """The runner's process."""
        assert self._runner is not None, "not started"
        return self._runner

    def command(self, word: str) -> subprocess.CompletedProcess[str]:
        """Runs `python -m workers.run <word>` beside it."""
        command = [sys.executable, "-m", "workers.run", word]
        return subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=STOPPED_WITHIN, check=False
        )

    def output(self) -> str:
        """What the runner has printed, the processes' prefixed lines included."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def states(self) -> dict[str, str]:
        """Process → the supervisor's word on it: RUNNING, STARTING, BACKOFF, STOPPED …"""
        return {p["name"]: p["statename"] for p in supervisor.processes(self.places) or []}

    def pid(self, name: str) -> int:
        """The main process of this name, as the supervisor knows it; 0 while there is none."""
        return next((int(p["pid"]) for p in supervisor.processes(self.places) or [] if p["name"] == name), 0)

    def pids(self, name: str) -> list[int]:
        """All processes of this name, children included, such as gunicorn's worker."""
        return [process.pid for process in leftovers.of_run(self.places) if process.name == name]

    def kill(self, name: str) -> list[int]:
        """SIGKILL to all processes of this name at once. Returns their ids."""
        found = self.pids(name)
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def wait_back(self, name: str, killed: list[int], seconds: float = 60) -> None:
        """Waits until a process of this name runs again that is none of those."""

        def back() -> bool:
            found = supervisor.processes(self.places) or []
            return any(p["name"] == name and p["statename"] == "RUNNING" and p["pid"] not in killed for p in found)

        self.wait_until(back, seconds, f"{name} back")

    def end(self) -> None:
        """Kills what is left of it, and removes what it made. A graceful stop takes seconds, and has tests of its own."""
        if self._runner is not None:
            self._runner.kill()
            self._runner.wait()
            self._runner = None
        while leftovers.end(self.places, grace=0):
            pass  # the supervisor may just have started one more
        if self._made:
            shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.places.redis_socket.parent, ignore_errors=True)

    def tails(self, lines: int = 25) -> str:
        """The ends of all logs."""
        found = [("runner", self._output), *((p.stem, p) for p in sorted(self.places.logs.glob("*.log")))]
        texts = ((name, path.read_text(errors="replace").splitlines()) for name, path in found if path.exists())
        return "\n".join(f"--- {name}\n" + "\n".join(text[-lines:]) for name, text in texts)
