"""Readiness: waits until the program is ready, or says what is missing."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import Any

EVERY = 0.1
# A part of /health that is not well → the process whose log explains it.
EXPLAINED_BY = {"database": "web", "redis": "redis", "broker": "redis", "agents": "agents", "configuration": "web"}
# A failing provider does not prevent a start: messages are accepted, and answered when it is back.
IGNORED = {"models"}


def health(url: str) -> dict[str, Any] | None:
    """The parts in the response of GET /health; None while the web process does not respond."""
    try:
        with _opener().open(f"{url}/health", timeout=3) as response:
            parts: dict[str, Any] = json.load(response)["parts"]
    except (OSError, ValueError, KeyError):
        return None
    return parts


def warning(url: str) -> str | None:
    """The warning of GET /ready although everything is ready: models that are misconfigured."""
    try:
        with _opener().open(f"{url}/ready", timeout=3) as response:
            detail: str | None = json.load(response).get("detail")
    except (OSError, ValueError):
        return None
    return detail


def _opener() -> urllib.request.OpenerDirector:
    """Connects to our own process: without a proxy, and whatever name its certificate has."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def faults(parts: dict[str, Any] | None, readers: dict[str, str]) -> list[tuple[str, str]]:
    """What is not well, each with the process whose log explains it. `readers`: queue → the process that reads it."""
    if parts is None:
        return [("the web process does not answer", "web")]
    result = []
    for part, state in parts.items():
        states = state if isinstance(state, dict) else {"": state}
        for name, word in states.items():
            if word not in {"ok", "unused"} and part not in IGNORED:
                process = readers.get(name) or EXPLAINED_BY.get(part, "web")
                result.append((f"{part} {name}".strip() + f": {word}", process))
    return result


def wait(url: str, readers: dict[str, str], seconds: float, given_up: Callable[[], bool]) -> list[tuple[str, str]]:
    """What is still not well after at most `seconds`, or once `given_up()`; nothing means ready."""
    deadline = time.monotonic() + seconds
    while (remaining := faults(health(url), readers)) and time.monotonic() < deadline and not given_up():
        time.sleep(EVERY)
    return remaining
