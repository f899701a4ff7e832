"""The state of every part, without details. Each check has a time-out, and the results are kept for a second."""

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
LOCAL = "local"  # the model that needs no provider
HANGS_AFTER = 3 * BUSY_TIMEOUT  # seconds; waiting for a lock ends long before
_KEY = "switchboard-health"


class Remembered:
    """The last states, kept for a second, so that many probes cause one check."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = 0.0
        self._states: dict[str, Any] = {}

    def parts(self) -> dict[str, Any]:
        """The states, at most a second old."""
        with self._lock:
            if time.monotonic() - self._at > REMEMBERED:
                self._states, self._at = _check_all(), time.monotonic()
            return self._states


def register(app: Flask) -> None:
    """Gives the app its own cache of states."""
    app.extensions[_KEY] = Remembered()


def parts() -> dict[str, Any]:
    """Name → state of every part. `ok` is well; anything else says in a few words what is not."""
    remembered: Remembered = current_app.extensions[_KEY]
    return remembered.parts()


def _check_all() -> dict[str, Any]:
    return {
        "configuration": "ok",
        "database": _state_of(_database),
        "redis": _state_of(_redis),
        "broker": _state_of(_broker),
        "queues": _queues(),
        "agents": _agents(),
        "models": _models(),
    }


def all_well(states: dict[str, Any]) -> bool:
    """Whether every part, and every part of a part, is well."""
    return all(all_well(s) if isinstance(s, dict) else s in {"ok", "unused"} for s in states.values())


def not_ready() -> str | None:
    """Why this process cannot work now: no message can be accepted, or no write ends. None when it can."""
    if _hangs():
        return "A write to the database is hanging."
    try:
        ledger.check_writable()
        full = ledger.depth() >= settings().ledger_max
    except Unavailable as error:
        return error.title + "."
    return "The ledger is full: the database must catch up first." if full else None


def warning() -> str | None:
    """Which models cannot answer, and what they lack; None when all can. Messages are accepted nevertheless: people can
    still sign in, read and ask for a person, and a message that no model can answer gets a notice at once."""
    try:
        lacks = language_models.lacking(_configured_models())
    except Unavailable:
        return None
    sentences = [f"The model {model} cannot answer: {lack}." for model, lack in lacks.items()]
    if lacks and len(lacks) == len(_configured_models()):
        sentences.append("No other model is configured, so every message fails.")
    return " ".join(sentences) or None


def _state_of(check: Callable[[], str]) -> str:
    try:
        return check()
    except (*AWAY, *REDIS_ERRORS, Unavailable, *wakes.BROKER_ERRORS):
        return "away"


def _hangs() -> bool:
    """Whether a write hangs, so that a restart is needed. A locked database only refuses writers after seconds."""
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
    return {name: _age_state(age) for name, age in ages.items()}


def _age_state(age: float | None) -> str:
    if age is None:
        return "never seen"
    return "ok" if age < heartbeats.FRESH else "silent"


def _agents() -> dict[str, str]:
    try:
        return dict.fromkeys(heartbeats.AGENTS, "never seen") | heartbeats.loaded_agents()
    except Unavailable:
        return dict.fromkeys(heartbeats.AGENTS, "unknown")


def _models() -> dict[str, str]:
    """The states of the models. The local one is part of the agents' worker, so it is well."""
    names = _configured_models()
    remote = [name for name in names if name != LOCAL]
    local = {LOCAL: "ok"} if LOCAL in names else {}
    try:
        return local | language_models.states(remote)
    except Unavailable:
        return local | dict.fromkeys(remote, "unknown")


def _configured_models() -> list[str]:
    """Every model of the settings, without repetitions."""
    return list(dict.fromkeys((settings().llm_model, *settings().llm_models.values(), *settings().llm_fallbacks)))
