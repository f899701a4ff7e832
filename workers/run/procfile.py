"""The Procfile: one `name: command` per line, as honcho and hosting platforms read it."""

from __future__ import annotations

import re
from pathlib import Path

from models.settings import ROOT

LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$")


class ProcfileError(Exception):
    """The Procfile cannot be used; the text says which line."""


def read(path: Path = ROOT / "Procfile") -> dict[str, str]:
    """Process name → command, in the order of the file."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, str]:
    """Process name → command. Raises ProcfileError for a line that is no entry, no comment and not empty."""
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.match(line)
        if not match:
            raise ProcfileError(f"Procfile, line {number}: expected `name: command`")
        name, command = match[1], match[2].strip()
        if name in commands:
            raise ProcfileError(f"Procfile, line {number}: {name} is defined twice")
        commands[name] = command
    return commands
