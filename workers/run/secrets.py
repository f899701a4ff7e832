"""`var/secrets.env`: what a deployment needs to keep to itself, made at the first run."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

NEEDED = {"SECRET_KEY": 48, "FLOWER_PASSWORD": 15}  # name → bytes of randomness
HEADER = "# Made at the first run. Keep it: with another SECRET_KEY everybody is signed out.\n"


def complete(var: Path, given: Mapping[str, str | None]) -> list[str]:
    """Writes the secrets that are neither `given` nor kept in the folder; returns their names."""
    path = var / "secrets.env"
    kept = dotenv_values(path)
    missing = [name for name in NEEDED if not given.get(name) and not kept.get(name)]
    if missing:
        _append(path, [f"{name}={secrets.token_urlsafe(NEEDED[name])}\n" for name in missing])
    return missing


def _append(path: Path, lines: list[str]) -> None:
    """Writes a new file and puts it in place, so that a kill leaves the old one or the new one."""
    before = path.read_text(encoding="utf-8") if path.exists() else HEADER
    if not before.endswith("\n"):
        before += "\n"
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(before + "".join(lines))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
