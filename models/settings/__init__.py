"""The settings of this process, parsed once and strictly. All faults are reported together.

Where a value comes from, the later wins: the default, `var/secrets.env` (made at the first run), `.env`, the
environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError

from models import reasons
from models.settings.fields import ROOT, Settings, embedded_socket
from models.settings.names import misspelt, unknown

__all__ = [
    "FAMILIES",
    "NAMES",
    "ROOT",
    "Settings",
    "SettingsError",
    "doubtful",
    "embedded_socket",
    "load",
    "parse",
    "settings",
]

FAMILIES = {"LLM_MODEL_": "llm_models", "INBOUND_SECRET_": "inbound_secrets"}
NAMES = frozenset(field.upper() for field in Settings.model_fields if field not in FAMILIES.values())


class SettingsError(Exception):
    """The settings cannot be used; the text lists every fault by the setting's name, never its value."""


def parse(values: Mapping[str, str | None], file_names: Iterable[str] = ()) -> Settings:
    """Settings from names as in `.env.example`. Raises SettingsError with every fault at once.

    `file_names`: names from a file, where a misspelt setting, or an unknown one that begins like ours, is also a fault.
    """
    fields: dict[str, Any] = {field: {} for field in FAMILIES.values()}
    for name, value in values.items():
        if not value:
            continue
        prefix = next((p for p in FAMILIES if re.fullmatch(p + r"[A-Z0-9_]+", name)), None)
        if prefix:
            fields[FAMILIES[prefix]][name.removeprefix(prefix).lower()] = value
        elif name in NAMES:
            fields[name.lower()] = value
    faults = unknown(file_names, NAMES, FAMILIES)
    try:
        parsed = Settings.model_validate(fields)
    except ValidationError as error:
        faults += [f"{_name_of(e['loc'])}: {_reason_of(e['type'], e.get('ctx', {}))}" for e in error.errors()]
    if faults:
        raise SettingsError("These settings cannot be used:\n  " + "\n  ".join(sorted(faults)))
    return parsed


def _name_of(location: tuple[int | str, ...]) -> str:
    """The setting's name: (`inbound_secrets`, `shop`) is INBOUND_SECRET_SHOP."""
    family = next((prefix for prefix, field in FAMILIES.items() if location and field == location[0]), None)
    if family and len(location) > 1:
        return f"{family}{location[1]}".upper()
    return str(location[0]).upper() if location else "SETTINGS"


def _reason_of(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "missing":
        return "is not set (`make run` generates one)"
    return reasons.reason(kind, context)


def load(environ: Mapping[str, str], root: Path = ROOT) -> Settings:
    """Settings from the secrets file, the `.env` in `root`, and the environment."""
    env_file = dotenv_values(root / ".env")
    var = Path(environ.get("VAR_FOLDER") or env_file.get("VAR_FOLDER") or root / "var")
    return parse({**dotenv_values(var / "secrets.env"), **env_file, **environ}, env_file)


def doubtful(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that looks like a misspelt setting. It may be another program's, so it is not a fault."""
    return misspelt(environ, NAMES, FAMILIES)


@cache
def settings() -> Settings:
    """This process's settings, read at the first call."""
    return load(os.environ)
