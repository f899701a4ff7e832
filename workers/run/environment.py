"""The environment of the processes: the settings and what any program needs, but no other secrets of the shell."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from models.settings import FAMILIES, Settings
from models.settings.names import PROVIDERS
from workers.run.places import Places

MARK = "SWITCHBOARD_RUN"  # its value is the var folder, by which processes of a killed run are found
PLAIN = {"HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "NO_PROXY", "no_proxy"}
PLAIN |= {
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
}
SETTINGS = {field.upper() for field in Settings.model_fields if field not in FAMILIES.values()}
PREFIXES = re.compile(rf"(LC_|PYTHON|{'|'.join(FAMILIES)})[A-Z0-9_]+")


def inherited(environ: Mapping[str, str], places: Places, ports: Mapping[str, int]) -> dict[str, str]:
    """The environment of the supervisor and all of its processes."""
    names = PLAIN | SETTINGS
    selected = {
        name: value
        for name, value in environ.items()
        if name in names or PREFIXES.fullmatch(name) or PROVIDERS.fullmatch(name)
    }
    return selected | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "VAR_FOLDER": str(places.var),
        "LOG_FOLDER": str(places.logs),
        MARK: str(places.var),
        **{name: str(port) for name, port in ports.items()},
    }
