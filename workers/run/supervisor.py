"""The supervisor: our own supervisord, reached by our own unix socket."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xmlrpc.client import Error, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from models.settings import ROOT
from workers.run.places import Places

UNREACHABLE = (OSError, Error)


def launch(places: Places, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts the supervisor in a session of its own, so that Ctrl-C reaches only the runner."""
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(places.config)]
    return subprocess.Popen(
        command, cwd=ROOT, env={**environ, **expansions(places)}, stdin=subprocess.DEVNULL, start_new_session=True
    )


def expansions(places: Places) -> dict[str, str]:
    """The variables, besides the settings, that its configuration file refers to."""
    return {
        "SWITCHBOARD_SOCKET": str(places.supervisor_socket),
        "SWITCHBOARD_LOGS": str(places.logs).replace("%", "%%"),  # expanded twice
    }


@contextmanager
def _calls(places: Places) -> Iterator[Any]:
    transport = SupervisorTransport(None, None, f"unix://{places.supervisor_socket}")
    with ServerProxy("http://localhost", transport=transport) as proxy:
        yield proxy.supervisor


def processes(places: Places) -> list[dict[str, Any]] | None:
    """Name, state, pid and times of every process; None when no supervisor responds."""
    try:
        with _calls(places) as calls:
            result: list[dict[str, Any]] = calls.getAllProcessInfo()
    except UNREACHABLE:
        return None
    return result


def start_all(places: Places) -> None:
    """Starts, in order, the processes that do not run yet, without waiting."""
    with _calls(places) as calls:
        calls.startAllProcesses(False)


def shut_down(places: Places) -> bool:
    """Requests a graceful stop of everything. False when no supervisor responds."""
    try:
        with _calls(places) as calls:
            return bool(calls.shutdown())
    except UNREACHABLE:
        return False
