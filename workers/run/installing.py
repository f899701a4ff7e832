"""`python -m workers.run.installing <requirements>`: installs them with pip and shows the progress.

It runs before anything is installed, so it imports only the standard library.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

EVERY = 20  # packages between two lines, where the output is no terminal
# The last form is that of a local wheel.
PACKAGE = re.compile(
    r"(?:Collecting |Requirement already satisfied: |Processing (?:.*/)?)([A-Za-z0-9._-]+?)(?=[=\[<>~; ]|-\d|$)"
)
UNPACKING = "Installing collected packages:"


def install(requirements: Path, out: TextIO) -> int:
    """Installs the requirements. Returns pip's exit code; pip's warnings and errors go to standard error."""
    total = len(re.findall(r"^[\w.\[\],-]+==", requirements.read_text(encoding="utf-8"), re.MULTILINE))
    print(
        f"Installing the {total} packages of {requirements} into .venv, once. This takes one to five minutes.",
        file=out,
        flush=True,
    )
    began = time.monotonic()
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    with subprocess.Popen([*command, "-r", str(requirements)], stdout=subprocess.PIPE, text=True) as pip:
        assert pip.stdout is not None
        show(pip.stdout, total, out)
    if pip.returncode == 0:
        print(f"Installed in {time.monotonic() - began:.0f} s.", file=out, flush=True)
    return pip.returncode


def show(lines: Iterable[str], total: int, out: TextIO) -> None:
    """Writes a count while pip fetches packages: on a terminal in a single line, otherwise now and then."""
    names: set[str] = set()
    for line in lines:
        match = PACKAGE.match(line)
        if match and match[1] not in names:
            names.add(match[1])
            _show_count(match[1], len(names), max(total, len(names)), out)
        elif line.startswith(UNPACKING):
            print(f"{_start(out)}  unpacking, which takes about half a minute", file=out, flush=True)


def _show_count(name: str, count: int, total: int, out: TextIO) -> None:
    if out.isatty():
        print(f"{_start(out)}  {count} of {total}: {name}", end="", file=out, flush=True)
    elif count % EVERY == 0:
        print(f"  {count} of {total}", file=out, flush=True)


def _start(out: TextIO) -> str:
    """Moves a terminal's cursor to the start of the line and erases it (ECMA-48, EL)."""
    return "\r\x1b[K" if out.isatty() else ""


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1]), sys.stdout))
