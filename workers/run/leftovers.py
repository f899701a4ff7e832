"""Processes of a run whose supervisor was killed: found by the mark in their environment, and ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.run.environment import MARK
from workers.run.places import Places

PROC = Path("/proc")  # Linux; elsewhere nothing is found, and the ports say that something still runs


@dataclass(frozen=True)
class Process:
    """One process of a run. `name` is that of the Procfile, also for its children."""

    pid: int
    name: str


def of_run(places: Places) -> list[Process]:
    """Every process of this deployment but the runner's own."""
    folders = (folder for folder in PROC.glob("[0-9]*") if int(folder.name) != os.getpid())
    return [process for folder in folders if (process := _look(folder, places))]


def _look(folder: Path, places: Places) -> Process | None:
    """Redis writes its title over its environment: it is known by the socket's path in that title."""
    try:
        if not (command := (folder / "cmdline").read_bytes()):
            return None  # the kernel's own, or dead and not yet buried
        values = dict(entry.partition(b"=")[::2] for entry in (folder / "environ").read_bytes().split(b"\0"))
    except OSError:
        return None
    if command.startswith((b"redis", b"/")) and os.fsencode(f"unixsocket:{places.redis_socket}") in command:
        return Process(int(folder.name), "redis")
    if values.get(MARK.encode()) != os.fsencode(places.var):
        return None
    return Process(int(folder.name), values.get(b"SUPERVISOR_PROCESS_NAME", b"supervisor").decode())


def end(places: Places, grace: float = 10) -> list[str]:
    """Ends them, Redis last; returns their names. What does not stop within `grace` seconds is killed."""
    found = of_run(places)
    _end([p for p in found if p.name != "redis"], grace)
    _end([p for p in found if p.name == "redis"], grace)
    return sorted({p.name for p in found})


def _end(found: list[Process], grace: float) -> None:
    deadline = time.monotonic() + grace
    _signal(found, signal.SIGTERM)
    while (left := [p for p in found if (PROC / str(p.pid) / "cmdline").exists() and not _is_dead(p)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    _signal(left, signal.SIGKILL)


def _is_dead(process: Process) -> bool:
    try:
        return not (PROC / str(process.pid) / "cmdline").read_bytes()
    except OSError:
        return True


def _signal(found: Iterable[Process], number: signal.Signals) -> None:
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
