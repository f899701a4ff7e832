"""Leftover processes of a run whose supervisor was killed: found by a mark in their environment, and ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from workers.run.environment import MARK
from workers.run.places import Places


@dataclass(frozen=True)
class Process:
    """A process of a run. `name`: its name in the Procfile, also for its children."""

    name: str
    handle: psutil.Process  # knows the start time, so that a signal never reaches a new process with the same id

    @property
    def pid(self) -> int:
        return int(self.handle.pid)


def of_run(places: Places) -> list[Process]:
    """Every process of this deployment except this one."""
    handles = (handle for handle in psutil.process_iter() if handle.pid != os.getpid())
    return [Process(name, handle) for handle in handles if (name := _name(handle, places))]


def _name(handle: psutil.Process, places: Places) -> str | None:
    """The process's name in this deployment; None when it belongs to no run of it.

    Redis overwrites its environment with its title, so it is recognised by the socket's path in the title.
    """
    try:
        command, environ = " ".join(handle.cmdline()), handle.environ()
    except psutil.Error:  # it ended, is a zombie, or belongs to another user
        return None
    if command.startswith(("redis", "/")) and f"unixsocket:{places.redis_socket}" in command:
        return "redis"
    if not command or environ.get(MARK) != str(places.var):
        return None
    return str(environ.get("SUPERVISOR_PROCESS_NAME", "supervisor"))


def end(places: Places, grace: float = 10) -> list[str]:
    """Ends the leftover processes, Redis last. Kills those that do not stop within `grace` seconds. Returns their names."""
    processes = of_run(places)
    _end([process for process in processes if process.name != "redis"], grace)
    _end([process for process in processes if process.name == "redis"], grace)
    return sorted({process.name for process in processes})


def _end(processes: list[Process], grace: float) -> None:
    deadline = time.monotonic() + grace
    _signal(processes, signal.SIGTERM)
    while (alive := [process for process in processes if _is_alive(process.handle)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(alive, signal.SIGKILL)


def _is_alive(handle: psutil.Process) -> bool:
    """Whether the process runs and is no zombie.

    Not `psutil.wait_procs`: it would wait for zombies, which stay where no process reaps orphans, as in many containers."""
    try:
        return bool(handle.is_running() and handle.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(processes: Iterable[Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.handle.send_signal(number)
