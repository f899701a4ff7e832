"""Ports for tests. Each belongs to one test process for as long as that lives, and two test runs on one machine never meet.

A port that the kernel names (bind to 0, look, close) is free only for a moment: the next asker, or any client that connects
from it, may get the same one. These come from below the kernel's range, and a claim on each is held.
"""

from __future__ import annotations

import os
import socket
import threading

FIRST = 11_000  # above the usual ports of servers
KERNELS = "/proc/sys/net/ipv4/ip_local_port_range"
APART = 997  # between the starts of two processes: so they rarely ask for the same claim

_claims: dict[int, socket.socket] = {}
_lock = threading.Lock()


def free_port() -> int:
    """A port on which nobody listens, and which no other test gets."""
    first, last = FIRST, _last()
    with _lock:
        for n in range(last - first):
            port = first + (os.getpid() * APART + len(_claims) + n) % (last - first)
            if port not in _claims and (claim := _claimed(port)):
                _claims[port] = claim
                return port
    raise AssertionError(f"no port is free from {first} to {last}")


def _last() -> int:
    """The first one of those that the kernel gives to clients."""
    with open(KERNELS) as file:
        return max(int(file.read().split()[0]), FIRST + 5_000)


def _claimed(port: int) -> socket.socket | None:
    """The claim: a name in the kernel, which ends with this process and no sooner. None when another process has it, or
    listens on the port."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0switchboard-test-port-{port}")
    except OSError:
        claim.close()
        return None
    if _is_listened_on(port):
        claim.close()
        return None
    return claim


def _is_listened_on(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed one may linger
        try:
            probe.bind(("", port))
            probe.listen(1)
        except OSError:
            return True
    return False
