"""Processes of a run whose supervisor was killed: found by the mark in their environment, and ended."""

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
    """One process of a run. `name` is that of the Procfile, also for its children."""

    name: str
    handle: psutil.Process  # knows when the process began, so that a signal never reaches another of the same id

    @property
    def pid(self) -> int:
        return int(self.handle.pid)


def of_run(places: Places) -> list[Process]:
    """Every process of this deployment but the runner's own."""
    handles = (handle for handle in psutil.process_iter() if handle.pid != os.getpid())
    return [Process(name, handle) for handle in handles if (name := _name(handle, places))]


def _name(handle: psutil.Process, places: Places) -> str | None:
    """The process's name in this deployment; None for one of others.

    Redis writes its title over its environment: it is known by the socket's path in that title.
    """
    try:
        command, environ = " ".join(handle.cmdline()), handle.environ()
    except psutil.Error:  # gone meanwhile, dead and not yet buried, or another user's
        return None
    if command.startswith(("redis", "/")) and f"unixsocket:{places.redis_socket}" in command:
        return "redis"
    if not command or environ.get(MARK) != str(places.var):
        return None
    return str(environ.get("SUPERVISOR_PROCESS_NAME", "supervisor"))


def end(places: Places, grace: float = 10) -> list[str]:
    """Ends them, Redis last; returns their names. What does not stop within `grace` seconds is killed."""
    found = of_run(places)
    _end([p for p in found if p.name != "redis"], grace)
    _end([p for p in found if p.name == "redis"], grace)
    return sorted({p.name for p in found})


def _end(found: list[Process], grace: float) -> None:
    deadline = time.monotonic() + grace
    _signal(found, signal.SIGTERM)
    while (left := [p for p in found if _is_alive(p.handle)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(left, signal.SIGKILL)


def _is_alive(handle: psutil.Process) -> bool:
    """Not `psutil.wait_procs`: where nobody buries orphans, as in many containers, it would wait for a dead one."""
    try:
        return bool(handle.is_running() and handle.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(found: Iterable[Process], number: signal.Signals) -> None:
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.handle.send_signal(number)
