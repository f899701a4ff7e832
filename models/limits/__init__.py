"""Limits on calls. They are counted inside the accept script; the same script serves routes that accept nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.clock import SECOND
from models.errors import TooMany
from models.settings import settings
from models.store import scripts

MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
_LUA = Path(__file__).parent
LIMITS = _LUA / "limits.lua"
_LIMIT = (LIMITS, _LUA / "limit.lua")


@dataclass(frozen=True)
class Limit:
    """At most `count` calls a `window` (µs) for one `key`. Not `refuses`: a caller beyond it is answered later."""

    name: str
    key: str
    count: int
    window: int = MINUTE
    refuses: bool = True


@dataclass(frozen=True)
class Standing:
    """Where a caller stands: places left, and the µs until the next is free (0: now)."""

    limit: Limit
    remaining: int
    wait: int


def standings_of(limits: Sequence[Limit], told: Sequence[int]) -> tuple[Standing, ...]:
    """What a script told of each limit: remaining and wait, in turn; nothing when it counted nothing."""
    return tuple(Standing(limit, told[2 * i], told[2 * i + 1]) for i, limit in enumerate(limits) if told)


def count(limits: Sequence[Limit]) -> tuple[Standing, ...]:
    """Counts one call. Raises TooMany, RedisAway."""
    if not settings().ratelimit_enabled:
        return ()
    arguments = [value for limit in limits for value in (limit.count, limit.window, int(limit.refuses))]
    over, *told = scripts.run(_LIMIT, [f"limit:{limit.key}" for limit in limits], arguments)
    if over:
        raise TooMany(limits[over - 1].name, told[2 * over - 1] / SECOND)
    return standings_of(limits, told)
