"""One run, from the lock to the last process stopped."""

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
    """The program cannot run, or runs already; the text says why and what to do."""


class Program:
    """The processes of the Procfile under their supervisor."""

    def __init__(self, chosen: Settings, given: dict[str, str | None], processes: dict[str, str]) -> None:
        self._settings = chosen
        self._given = given
        self._processes = processes
        self._places = Places.of(chosen)
        self._stopping = False
        self._terminal = Terminal({name: self._places.log(name) for name in processes})

    def run(self) -> int:
        """Runs until it is told to stop. Returns the exit code."""
        os.umask(0o077)
        self._places.run.mkdir(parents=True, exist_ok=True)
        self._places.logs.mkdir(parents=True, exist_ok=True)
        private_folder(self._places.redis_socket.parent)
        try:
            return self._alone()
        finally:
            with suppress(OSError):  # not empty: another run's
                self._places.redis_socket.parent.rmdir()

    def _alone(self) -> int:
        with self._only_one():
            if self._settings.embedded_redis:
                server()  # raises before anything starts when there is none
            self._listen_to_signals()
            return self._supervised()

    def _only_one(self) -> TextIO:
        """Holds the lock. Raises CannotRun when this deployment runs already; ends what a killed run has left."""
        lock = self._places.lock.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"Switchboard is already running in {self._places.var}: see `make status`.") from None
        if supervisor.processes(self._places) is not None:
            raise CannotRun(
                f"Switchboard is already running in {self._places.var}: see `make status`, or stop it with `make stop`."
            )
        if left := leftovers.end(self._places):
            say([f"Stopped what an earlier run left behind: {', '.join(left)}"])
        return lock

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # ignored: nohup wants it to go on
                signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _supervised(self) -> int:
        chosen = ports.choose(self._settings, self._given)
        wanted = {"PORT": self._settings.port, "FLOWER_PORT": self._settings.flower_port}
        say([f"Port {port} is taken: using {chosen[name]}" for name, port in wanted.items() if chosen[name] != port])
        environ = environment.inherited(os.environ, self._places, chosen)
        self._places.config.write_text(config.configuration(self._processes), encoding="utf-8")
        say(["Starting Switchboard, which takes about 15 seconds. Log lines begin with the name of the process."])
        self._terminal.start()
        child = supervisor.launch(self._places, environ)
        try:
            if self._start(child, environ) and self._becomes_ready(child, chosen):
                return self._wait(child)
            return 0 if self._stopping else 1
        finally:
            self._stop(child)

    def _start(self, child: subprocess.Popen[bytes], environ: dict[str, str]) -> bool:
        """Redis comes up while the database is migrated; then everything else starts."""
        migration = subprocess.Popen([sys.executable, "-m", "models.migrations", "up"], cwd=ROOT, env=environ)
        redis_is_up = self._wait_for_redis(child)
        if migration.wait() and not self._stopping:
            say(["The database cannot be migrated: see the error above, and check DATABASE_URL."])
            return False
        if redis_is_up:
            supervisor.start_all(self._places)
        return redis_is_up

    def _wait_for_redis(self, child: subprocess.Popen[bytes]) -> bool:
        """What an earlier run has said of itself in Redis is forgotten, lest it be taken for this one's health."""
        from models.health import heartbeats  # noqa: PLC0415 - imports the stores, which takes a while: time that migrating takes, too

        queues = tuple(self._readers())
        deadline = time.monotonic() + REDIS_WITHIN
        while child.poll() is None and not self._stopping and time.monotonic() < deadline:
            supervised = supervisor.processes(self._places) is not None  # asked early, it starts Redis at once
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

    def _becomes_ready(self, child: subprocess.Popen[bytes], chosen: dict[str, int]) -> bool:
        url = addresses.url(self._settings, chosen["PORT"], "127.0.0.1")
        left = ready.wait(url, self._readers(), READY_WITHIN, lambda: self._stopping or child.poll() is not None)
        if left and not self._stopping:
            say([f"Not ready: {what} (see {self._places.log(process)})" for what, process in left])
        if not left:
            lines = addresses.lines(self._settings, chosen, made_here=not self._given.get("FLOWER_PASSWORD"))
            self._places.addresses.write_text("\n".join(lines) + "\n", encoding="utf-8")
            warning = ready.warning(url)
            say(["", *lines, "", *([warning, ""] if warning else [])])
        return not left

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
        named = {name: QUEUES.search(command) for name, command in self._processes.items()}
        return {queue: name for name, found in named.items() if found for queue in found[1].split(",")}
