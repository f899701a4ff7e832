"""One run of the program, from taking the lock to stopping the last process."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import TextIO

from models.errors import Unavailable
from models.settings import ROOT, Settings
from models.store.embedded import private_folder, server
from workers.run import addresses, config, environment, leftovers, ports, ready, supervisor
from workers.run.places import Places
from workers.run.terminal import Terminal, say

READY_WITHIN = 90.0
REDIS_WITHIN = 30.0
QUEUES = re.compile(r"\s-Q\s+(\S+)")


class CannotRun(Exception):
    """The program cannot run, or is already running. The text says why and what to do."""


class Program:
    """The processes of the Procfile under their supervisor."""

    def __init__(self, settings: Settings, explicit: dict[str, str | None], processes: dict[str, str]) -> None:
        self._settings = settings
        self._explicit = explicit
        self._processes = processes
        self._places = Places.of(settings)
        self._stopping = False
        self._terminal = Terminal({name: self._places.log(name) for name in processes})

    def run(self) -> int:
        """Runs until it is stopped. Returns the exit code."""
        os.umask(0o077)
        self._places.run.mkdir(parents=True, exist_ok=True)
        self._places.logs.mkdir(parents=True, exist_ok=True)
        private_folder(self._places.redis_socket.parent)
        try:
            return self._run_locked()
        finally:
            with suppress(OSError):  # not empty: another run uses it
                self._places.redis_socket.parent.rmdir()

    def _run_locked(self) -> int:
        with self._lock():
            if self._settings.embedded_redis:
                server()  # raises before anything starts when there is no server
            self._listen_to_signals()
            return self._supervised()

    def _lock(self) -> TextIO:
        """Holds the lock. Raises CannotRun when this deployment is already running. Ends leftovers of a killed run."""
        lock = self._places.lock.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"Switchboard is already running in {self._places.var}: see `make status`.") from None
        if supervisor.processes(self._places) is not None:
            raise CannotRun(
                f"Switchboard is already running in {self._places.var}: see `make status`, or stop it with `make stop`."
            )
        if names := leftovers.end(self._places):
            say([f"Stopped what an earlier run left behind: {', '.join(names)}"])
        return lock

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # ignored signals stay ignored, as nohup expects
                signal.signal(number, self._request_stop)

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _supervised(self) -> int:
        actual = ports.choose(self._settings, self._explicit)
        defaults = {"PORT": self._settings.port, "FLOWER_PORT": self._settings.flower_port}
        say(f"Port {port} is taken: using {actual[name]}" for name, port in defaults.items() if actual[name] != port)
        environ = environment.inherited(os.environ, self._places, actual)
        self._places.config.write_text(config.configuration(self._processes), encoding="utf-8")
        say(["Starting Switchboard, which takes about 15 seconds. Log lines begin with the name of the process."])
        self._terminal.start()
        child = supervisor.launch(self._places, environ)
        try:
            if self._start(child, environ) and self._becomes_ready(child, actual):
                return self._wait(child)
            return 0 if self._stopping else 1
        finally:
            self._stop(child)

    def _start(self, child: subprocess.Popen[bytes], environ: dict[str, str]) -> bool:
        """Starts Redis while the database is migrated, then everything else."""
        migration = subprocess.Popen([sys.executable, "-m", "models.migrations", "up"], cwd=ROOT, env=environ)
        redis_is_up = self._wait_for_redis(child)
        if migration.wait() and not self._stopping:
            say(["The database cannot be migrated: see the error above, and check DATABASE_URL."])
            return False
        if redis_is_up:
            supervisor.start_all(self._places)
        return redis_is_up

    def _wait_for_redis(self, child: subprocess.Popen[bytes]) -> bool:
        """Waits until Redis replies. Heartbeats of an earlier run are forgotten, lest they be taken for this run's."""
        from models.health import heartbeats  # noqa: PLC0415 - imports the stores slowly, while the migration runs anyway

        queues = tuple(self._readers())
        deadline = time.monotonic() + REDIS_WITHIN
        while child.poll() is None and not self._stopping and time.monotonic() < deadline:
            supervised = supervisor.processes(self._places) is not None  # the first request lets it start Redis at once
            with suppress(Unavailable):
                if self._settings.embedded_redis:
                    heartbeats.forget(queues)
                else:
                    heartbeats.ages(queues)
                if supervised:
                    return True
            time.sleep(0.05)
        if not self._stopping:
            where = f"see {self._places.log('redis')}" if self._settings.embedded_redis else "check REDIS_URL"
            say([f"Redis does not answer after {REDIS_WITHIN:.0f} s: {where}"])
        return False

    def _becomes_ready(self, child: subprocess.Popen[bytes], actual: dict[str, int]) -> bool:
        url = addresses.url(self._settings, actual["PORT"], "127.0.0.1")
        faults = ready.wait(url, self._readers(), READY_WITHIN, lambda: self._stopping or child.poll() is not None)
        if faults and not self._stopping:
            say([f"Not ready: {fault} (see {self._places.log(process)})" for fault, process in faults])
        if not faults:
            lines = addresses.lines(self._settings, actual, show_password=not self._explicit.get("FLOWER_PASSWORD"))
            self._places.addresses.write_text("\n".join(lines) + "\n", encoding="utf-8")
            warning = ready.warning(url)
            say(["", *lines, "", *([warning, ""] if warning else [])])
        return not faults

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        while not self._stopping and child.poll() is None:
            time.sleep(0.1)
        if self._stopping or child.returncode == 0:
            return 0
        say(["The supervisor was killed. All processes are stopped."])
        return 1

    def _stop(self, child: subprocess.Popen[bytes]) -> None:
        if child.poll() is None:
            say(["Stopping: first the web process, then the workers, Redis last."])
            child.terminate()
            child.wait()
        leftovers.end(self._places)
        self._terminal.stop()
        for path in (self._places.addresses, self._places.config):
            with suppress(FileNotFoundError):
                path.unlink()

    def _readers(self) -> dict[str, str]:
        matches = {name: QUEUES.search(command) for name, command in self._processes.items()}
        return {queue: name for name, match in matches.items() if match for queue in match[1].split(",")}
