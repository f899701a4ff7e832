"""Talks to the supervisor: a supervisord of our own, on a unix socket of our own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from xmlrpc.client import Error, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from models.settings import ROOT
from workers.run.places import Places

UNREACHABLE = (OSError, Error)


def launch(places: Places, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts it in a session of its own, so that Ctrl-C reaches the runner alone."""
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(places.config)]
    return subprocess.Popen(
        command, cwd=ROOT, env={**environ, **expansions(places)}, stdin=subprocess.DEVNULL, start_new_session=True
    )


def expansions(places: Places) -> dict[str, str]:
    """What its configuration file refers to besides the settings."""
    return {
        "SWITCHBOARD_SOCKET": str(places.supervisor_socket),
        "SWITCHBOARD_LOGS": str(places.logs).replace("%", "%%"),  # expanded twice
    }


def _calls(places: Places) -> Any:
    transport = SupervisorTransport(None, None, f"unix://{places.supervisor_socket}")
    return ServerProxy("http://localhost", transport=transport).supervisor


def processes(places: Places) -> list[dict[str, Any]] | None:
    """Name, state, pid and times of every process, or None when no supervisor answers."""
    try:
        found: list[dict[str, Any]] = _calls(places).getAllProcessInfo()
    except UNREACHABLE:
        return None
    return found


def start_all(places: Places) -> None:
    """Starts what does not run yet, in order, and does not wait for it."""
    _calls(places).startAllProcesses(False)


def shut_down(places: Places) -> bool:
    """Asks for a graceful stop of everything. False when no supervisor answers."""
    try:
        return bool(_calls(places).shutdown())
    except UNREACHABLE:
        return False
