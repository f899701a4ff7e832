"""The state of every part, by name and state only. Each look has a time-out, and all are remembered for a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ingress.database import in_database
from models import heartbeats, ledger
from models.errors import LedgerFull, Unavailable
from models.migrate import is_current
from models.settings import settings
from models.store import AWAY, REDIS_ERRORS
from workers import queue
from workers.chains import QUEUES

REMEMBERED = 1.0
_lock = threading.Lock()
_last: tuple[float, dict[str, Any]] = (0.0, {})


def parts() -> dict[str, Any]:
    """Name → state of every part; `ok` is well, anything else says in one word what is not."""
    global _last  # noqa: PLW0603 - one small cache a process
    with _lock:
        at, states = _last
        if time.monotonic() - at > REMEMBERED:
            states = {
                "configuration": "ok",
                "database": _tried(_database),
                "redis": _tried(_redis),
                "broker": _tried(_broker),
                "queues": _queues(),
                "agents": _agents(),
                "models": _models(),
            }
            _last = (time.monotonic(), states)
    return states


def all_well(states: dict[str, Any]) -> bool:
    """True when every part, and every part of a part, is well."""
    return all(all_well(s) if isinstance(s, dict) else s in {"ok", "unused"} for s in states.values())


def not_ready() -> str | None:
    """Why no message can be accepted now, or None."""
    try:
        ledger.check_writable()
        full = ledger.depth() >= settings().ledger_max
    except Unavailable as error:
        return error.title + "."
    return "The ledger is full: the database must catch up first." if full else None


def _tried(look: Callable[[], str]) -> str:
    try:
        return look()
    except (*AWAY, *REDIS_ERRORS, Unavailable, *queue.BROKER_ERRORS):
        return "away"


def _database() -> str:
    return "ok" if in_database(is_current) else "migration missing"


def _redis() -> str:
    try:
        ledger.check_writable()
    except LedgerFull:
        return "full"
    return "ok"


def _broker() -> str:
    queue.check_broker()
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
        return dict.fromkeys(heartbeats.AGENTS, "never seen") | heartbeats.agents()
    except Unavailable:
        return dict.fromkeys(heartbeats.AGENTS, "unknown")


def _models() -> dict[str, str]:
    names = [settings().llm_model, *settings().llm_fallbacks]
    try:
        return heartbeats.models(names)
    except Unavailable:
        return dict.fromkeys(names, "unknown")
