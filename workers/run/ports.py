"""Ports: one that was asked for is used or refused; a default that is taken gives way to the next free one."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from models.settings import Settings

TRIES = 100


class PortTaken(Exception):
    """A port that was set explicitly is in use; the text says which setting changes it."""


def choose(chosen: Settings, given: Mapping[str, str | None]) -> dict[str, int]:
    """Setting's name → port. `given` are the explicit settings. Raises PortTaken."""
    found: dict[str, int] = {}
    for name, wanted in (("PORT", chosen.port), ("FLOWER_PORT", chosen.flower_port)):
        found[name] = _choose(name, wanted, chosen.host, bool(given.get(name)), set(found.values()))
    return found


def _choose(name: str, wanted: int, host: str, explicit: bool, used: set[int]) -> int:
    if wanted not in used and is_free(host, wanted):
        return wanted
    if explicit:
        raise PortTaken(f"Port {wanted} on {host} is taken. Set {name} to another one.")
    for port in range(wanted + 1, min(wanted + TRIES, 65536)):
        if port not in used and is_free(host, port):
            return port
    raise PortTaken(f"Port {wanted} on {host} and the {TRIES} after it are taken. Set {name} to another one.")


def is_free(host: str, port: int) -> bool:
    """True when a server could listen there now. An address that is not this machine's counts as not free."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do; a closed one may linger
            probe.bind(address)
            probe.listen(1)
    except OSError:
        return False
    return True
