"""Waits until the program is ready, and says what is missing when it does not become so."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import Any

EVERY = 0.1
# A part of /health that is not well → the process whose log tells why.
TOLD_BY = {"database": "web", "redis": "redis", "broker": "redis", "agents": "agents", "configuration": "web"}
# A provider that fails now is no reason not to start: messages are accepted and answered when it is back.
NOT_WAITED_FOR = {"models"}


def health(url: str) -> dict[str, Any] | None:
    """The parts that GET /health names, or None while nobody answers."""
    try:
        with _opener().open(f"{url}/health", timeout=3) as answer:
            parts: dict[str, Any] = json.load(answer)["parts"]
    except (OSError, ValueError, KeyError):
        return None
    return parts


def warning(url: str) -> str | None:
    """What GET /ready has to say although all is ready: models that are misconfigured."""
    try:
        with _opener().open(f"{url}/ready", timeout=3) as answer:
            detail: str | None = json.load(answer).get("detail")
    except (OSError, ValueError):
        return None
    return detail


def _opener() -> urllib.request.OpenerDirector:
    """Asks our own process: past any proxy, and under another name than its certificate's."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def faults(parts: dict[str, Any] | None, readers: dict[str, str]) -> list[tuple[str, str]]:
    """What is not well, each with the process that knows why. `readers`: queue → the process that reads it."""
    if parts is None:
        return [("the web process does not answer", "web")]
    found = []
    for part, state in parts.items():
        states = state if isinstance(state, dict) else {"": state}
        for name, word in states.items():
            if word not in {"ok", "unused"} and part not in NOT_WAITED_FOR:
                process = readers.get(name) or TOLD_BY.get(part, "web")
                found.append((f"{part} {name}".strip() + f": {word}", process))
    return found


def wait(url: str, readers: dict[str, str], seconds: float, given_up: Callable[[], bool]) -> list[tuple[str, str]]:
    """Waits at most so long, or until `given_up()`. Returns what is still not well: nothing means ready."""
    deadline = time.monotonic() + seconds
    while (left := faults(health(url), readers)) and time.monotonic() < deadline and not given_up():
        time.sleep(EVERY)
    return left
