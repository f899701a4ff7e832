"""`python -m workers.run.installing <requirements>`: installs them with pip, and shows how far it is.

It runs before anything is installed, so it imports nothing but the standard library.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

EVERY = 20  # packages between two lines, where a line cannot be written over
# The last is a wheel that lies on this machine.
FOUND = re.compile(
    r"(?:Collecting |Requirement already satisfied: |Processing (?:.*/)?)([A-Za-z0-9._-]+?)(?=[=\[<>~; ]|-\d|$)"
)
UNPACKING = "Installing collected packages:"


def install(requirements: Path, out: TextIO) -> int:
    """Pip's exit code. What pip warns of and fails with goes to standard error, as it is."""
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
    """Writes a count while pip fetches packages; at a terminal over itself, else now and then."""
    seen: set[str] = set()
    for line in lines:
        found = FOUND.match(line)
        if found and found[1] not in seen:
            seen.add(found[1])
            _show_count(found[1], len(seen), max(total, len(seen)), out)
        elif line.startswith(UNPACKING):
            print(f"{_start(out)}  unpacking, which takes about half a minute", file=out, flush=True)


def _show_count(name: str, count: int, total: int, out: TextIO) -> None:
    if out.isatty():
        print(f"{_start(out)}  {count} of {total}: {name}", end="", file=out, flush=True)
    elif count % EVERY == 0:
        print(f"  {count} of {total}", file=out, flush=True)


def _start(out: TextIO) -> str:
    """Where a terminal's line begins, emptied (ECMA-48, EL)."""
    return "\r\x1b[K" if out.isatty() else ""


if __name__ == "__main__":
    sys.exit(install(Path(sys.argv[1]), sys.stdout))
