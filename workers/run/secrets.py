"""`var/secrets.env`: the secrets of a deployment, created at the first run."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

NEEDED = {"SECRET_KEY": 48, "FLOWER_PASSWORD": 15}  # name → bytes of randomness
HEADER = "# Made at the first run. Keep it: with another SECRET_KEY everybody is signed out.\n"


def complete(var: Path, explicit: Mapping[str, str | None]) -> list[str]:
    """Creates the secrets that are neither in `explicit` nor stored in the folder. Returns their names."""
    path = var / "secrets.env"
    stored = dotenv_values(path)
    missing = [name for name in NEEDED if not explicit.get(name) and not stored.get(name)]
    if missing:
        _append(path, [f"{name}={secrets.token_urlsafe(NEEDED[name])}\n" for name in missing])
    return missing


def _append(path: Path, lines: list[str]) -> None:
    """Writes a new file and renames it, so that a kill leaves either the old or the new file."""
    text = path.read_text(encoding="utf-8") if path.exists() else HEADER
    if not text.endswith("\n"):
        text += "\n"
    replacement = path.with_suffix(".new")
    replacement.unlink(missing_ok=True)
    with os.fdopen(os.open(replacement, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "".join(lines))
        file.flush()
        os.fsync(file.fileno())
    replacement.replace(path)
