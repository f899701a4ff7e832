"""A port that a test is given is nobody else's: neither another test's, nor a client's, nor a server's."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tests import ports
from tests.live import ROOT

TOGETHER = 200
ASK = f"from tests.ports import free_port; print(*(free_port() for _ in range({TOGETHER})), flush=True); input()"


def _askers(count: int) -> list[subprocess.Popen[str]]:
    command, pipe = [sys.executable, "-c", ASK], subprocess.PIPE
    return [subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) for _ in range(count)]


def test_processes_that_ask_at_once_never_get_the_same() -> None:
    askers = _askers(3)
    found = [line for asker in askers if asker.stdout for line in asker.stdout.readline().split()]
    for asker in askers:
        asker.communicate("\n")
    assert len(found) == 3 * TOGETHER
    assert len(set(found)) == len(found)


def test_they_are_no_ports_of_clients() -> None:
    first, last = map(int, Path(ports.KERNELS).read_text().split())
    assert not first <= ports.free_port() <= last


def test_one_that_is_listened_on_is_passed_over() -> None:
    ours = ports.free_port()
    ports._claims.pop(ours).close()  # as if another run had had it, whose server lives
    with socket.create_server(("127.0.0.1", ours)):
        assert ports._claimed(ours) is None
    claim = ports._claimed(ours)
    assert claim
    claim.close()
