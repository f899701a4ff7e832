"""Runs a function of ours in a process of its own, which kills itself in front of a given line.

The processes are forked from one that has imported everything, so that each costs milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from models.settings import ROOT

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    ["workers.tasks", "ingress.conversations.acceptance", "agents.conversation", "agents.local.completion", __name__]
)
WITHIN = 60.0


@dataclass(frozen=True)
class Line:
    """The one line of `file` that holds `text`; the process stops in front of it, at the `visit`-th time it comes by."""

    file: str
    text: str
    visit: int = 1

    @property
    def number(self) -> int:
        lines = (ROOT / self.file).read_text().splitlines()
        found = [number for number, line in enumerate(lines, 1) if self.text in line]
        assert len(found) == 1, f"{self.file} has {len(found)} lines with {self.text!r}: the way has changed"
        return found[0]


def run(environ: Mapping[str, str], function: Callable[..., object], *arguments: object) -> None:
    """Runs the function to its end."""
    assert _exit_code(environ, None, function, arguments) == 0


def run_until(line: Line, environ: Mapping[str, str], function: Callable[..., object], *arguments: object) -> None:
    """Runs the function until it comes to the line: there the process is killed."""
    code = _exit_code(environ, line, function, arguments)
    assert code == -signal.SIGKILL, f"never came to {line} (exit code {code})"


def _exit_code(environ: Mapping[str, str], line: Line | None, function: Any, arguments: tuple[object, ...]) -> int:
    where = (str(ROOT / line.file), line.number, line.visit) if line else None
    child = _forks.Process(target=_begin, args=(dict(environ), where, function, arguments))
    child.start()
    try:
        child.join(WITHIN)
        assert child.exitcode is not None, f"{function.__name__} has not ended within {WITHIN} s"
        return child.exitcode
    finally:
        if child.is_alive():
            child.kill()
            child.join()
        child.close()


def _begin(
    environ: dict[str, str], where: tuple[str, int, int] | None, function: Any, arguments: tuple[object, ...]
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    if where is not None:
        _watch(*where)
    function(*arguments)


def _watch(file: str, number: int, visit: int) -> None:
    visits = 0

    def each_call(frame: FrameType, event: str, argument: object) -> Any:
        return each_line if frame.f_code.co_filename == file else None

    def each_line(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal visits
        if event == "line" and frame.f_lineno == number:
            visits += 1
            if visits == visit:
                os.kill(os.getpid(), signal.SIGKILL)
        return each_line

    sys.settrace(each_call)
