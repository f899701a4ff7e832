"""The state of every part, by name and state only. Each look has a time-out, and all are remembered for a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app

from models import ledger
from models.errors import LedgerFull, Unavailable
from models.health import heartbeats, language_models
from models.migrations.migrate import is_current
from models.settings import settings
from models.store.database import AWAY, BUSY_TIMEOUT, writing_for
from models.store.redis import REDIS_ERRORS
from workers.runtime import wakes
from workers.runtime.chains import QUEUES

REMEMBERED = 1.0
LOCAL = "local"  # the model that asks nobody
HANGS_AFTER = 3 * BUSY_TIMEOUT  # seconds: whoever waits for a lock gives up long before
_KEY = "switchboard-health"


class Remembered:
    """What was seen last, for a second, so that a crowd of probes is one look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = 0.0
        self._states: dict[str, Any] = {}

    def parts(self) -> dict[str, Any]:
        """The states, not older than a second."""
        with self._lock:
            if time.monotonic() - self._at > REMEMBERED:
                self._states, self._at = _look(), time.monotonic()
            return self._states


def register(app: Flask) -> None:
    """Gives the app a memory of its own."""
    app.extensions[_KEY] = Remembered()


def parts() -> dict[str, Any]:
    """Name → state of every part; `ok` is well, anything else says in one word what is not."""
    remembered: Remembered = current_app.extensions[_KEY]
    return remembered.parts()


def _look() -> dict[str, Any]:
    return {
        "configuration": "ok",
        "database": _tried(_database),
        "redis": _tried(_redis),
        "broker": _tried(_broker),
        "queues": _queues(),
        "agents": _agents(),
        "models": _models(),
    }


def all_well(states: dict[str, Any]) -> bool:
    """True when every part, and every part of a part, is well."""
    return all(all_well(s) if isinstance(s, dict) else s in {"ok", "unused"} for s in states.values())


def not_ready() -> str | None:
    """Why this process cannot do its work now, or None: no message can be accepted, or none of its writes ends."""
    if _hangs():
        return "A write to the database is hanging."
    try:
        ledger.check_writable()
        full = ledger.depth() >= settings().ledger_max
    except Unavailable as error:
        return error.title + "."
    return "The ledger is full: the database must catch up first." if full else None


def warning() -> str | None:
    """Which models cannot answer and what they lack, or None. No reason to take no messages: people can still sign in,
    read, and ask for a person, and a message that no model can answer is told so at once."""
    try:
        lacks = language_models.lacking(_named())
    except Unavailable:
        return None
    told = [f"The model {model} cannot answer: {lack}." for model, lack in lacks.items()]
    if lacks and len(lacks) == len(_named()):
        told.append("No other model is configured, so every message fails.")
    return " ".join(told) or None


def _tried(look: Callable[[], str]) -> str:
    try:
        return look()
    except (*AWAY, *REDIS_ERRORS, Unavailable, *wakes.BROKER_ERRORS):
        return "away"


def _hangs() -> bool:
    """A database that is locked refuses writers after seconds; one that neither writes nor fails needs a restart."""
    return writing_for() > HANGS_AFTER


def _database() -> str:
    if _hangs():
        return "hangs"
    return "ok" if is_current() else "migration missing"


def _redis() -> str:
    try:
        ledger.check_writable()
    except LedgerFull:
        return "full"
    return "ok"


def _broker() -> str:
    wakes.check_broker()
    return "ok"


def _queues() -> dict[str, str]:
    try:
        ages = heartbeats.ages(QUEUES)
    except Unavailable:
        return dict.fromkeys(QUEUES, "unknown")
    return {name: _fresh(age) for name, age in ages.items()}


def _fresh(age: float | None) -> str:
    if age is None:
        return "never seen"
    return "ok" if age < heartbeats.FRESH else "silent"


def _agents() -> dict[str, str]:
    try:
        return dict.fromkeys(heartbeats.AGENTS, "never seen") | heartbeats.loaded_agents()
    except Unavailable:
        return dict.fromkeys(heartbeats.AGENTS, "unknown")


def _models() -> dict[str, str]:
    """The local one is a part of the agents' worker and asks nobody: it is well."""
    named = _named()
    remote = [name for name in named if name != LOCAL]
    local = {LOCAL: "ok"} if LOCAL in named else {}
    try:
        return local | language_models.states(remote)
    except Unavailable:
        return local | dict.fromkeys(remote, "unknown")


def _named() -> list[str]:
    """Every model of the settings, once."""
    return list(dict.fromkeys((settings().llm_model, *settings().llm_models.values(), *settings().llm_fallbacks)))
