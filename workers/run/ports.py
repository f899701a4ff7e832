"""Ports: one that was asked for is used or refused; a default that is taken gives way to the next free one."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping

from models.settings import Settings
from workers.run.holder import holder

TRIES = 100
TAKEN = "taken"


class PortTaken(Exception):
    """A port that was set explicitly cannot be used; the text says why, who has it, and which setting changes it."""


def choose(chosen: Settings, given: Mapping[str, str | None]) -> dict[str, int]:
    """Setting's name → port. `given` are the explicit settings. Raises PortTaken."""
    found: dict[str, int] = {}
    for name, wanted in (("PORT", chosen.port), ("FLOWER_PORT", chosen.flower_port)):
        found[name] = _choose(name, wanted, chosen.host, bool(given.get(name)), set(found.values()))
    return found


def _choose(name: str, wanted: int, host: str, explicit: bool, used: set[int]) -> int:
    against = TAKEN if wanted in used else obstacle(host, wanted)
    if not against:
        return wanted
    if against != TAKEN:
        raise PortTaken(f"Switchboard cannot listen on port {wanted} of {host} ({against}). Check HOST and {name}.")
    if explicit:
        who = "the other of PORT and FLOWER_PORT" if wanted in used else holder(wanted)
        raise PortTaken(f"Port {wanted} on {host} is taken{f' by {who}' if who else ''}. Set {name} to another port.")
    for port in range(wanted + 1, min(wanted + TRIES, 65536)):
        if port not in used and not obstacle(host, port):
            return port
    raise PortTaken(f"Port {wanted} on {host} and the {TRIES} after it are taken. Set {name} to another port.")


def obstacle(host: str, port: int) -> str:
    """Why no server could listen there now, `TAKEN` or the system's word; empty when one could."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do; a closed one may linger
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return TAKEN if error.errno == errno.EADDRINUSE else error.strerror or type(error).__name__
    return ""
