"""Ports: one that was set explicitly is used or refused; a default that is taken is replaced by the next free port."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping

from models.settings import Settings
from workers.run.holder import holder

TRIES = 100
TAKEN = "taken"


class PortTaken(Exception):
    """A port that was set explicitly cannot be used. The text says why, which process has it, and what to set."""


def choose(settings: Settings, explicit: Mapping[str, str | None]) -> dict[str, int]:
    """Setting's name → port. `explicit`: the settings that were set explicitly. Raises PortTaken."""
    ports: dict[str, int] = {}
    for name, preferred in (("PORT", settings.port), ("FLOWER_PORT", settings.flower_port)):
        ports[name] = _choose(name, preferred, settings.host, bool(explicit.get(name)), set(ports.values()))
    return ports


def _choose(name: str, preferred: int, host: str, is_explicit: bool, used: set[int]) -> int:
    problem = TAKEN if preferred in used else obstacle(host, preferred)
    if not problem:
        return preferred
    if problem != TAKEN:
        raise PortTaken(f"Switchboard cannot listen on port {preferred} of {host} ({problem}). Check HOST and {name}.")
    if is_explicit:
        process = "the other of PORT and FLOWER_PORT" if preferred in used else holder(preferred)
        by = f" by {process}" if process else ""
        raise PortTaken(f"Port {preferred} on {host} is taken{by}. Set {name} to another port.")
    for port in range(preferred + 1, min(preferred + TRIES, 65536)):
        if port not in used and not obstacle(host, port):
            return port
    raise PortTaken(f"Port {preferred} on {host} and the {TRIES} after it are taken. Set {name} to another port.")


def obstacle(host: str, port: int) -> str:
    """Why no server can listen there now: `TAKEN` or the system's message; empty when one can."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed socket may linger
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return TAKEN if error.errno == errno.EADDRINUSE else error.strerror or type(error).__name__
    return ""
