"""Limits on calls. The accept script counts them; the same script serves routes that accept nothing."""

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
    """At most `count` calls per `window` (µs) for one `key`. If not `refuses`, a call beyond the limit is answered later."""

    name: str
    key: str
    count: int
    window: int = MINUTE
    refuses: bool = True


@dataclass(frozen=True)
class Standing:
    """A caller's standing: calls left, and the µs until the next one is allowed (0: now)."""

    limit: Limit
    remaining: int
    wait: int


def standings_of(limits: Sequence[Limit], numbers: Sequence[int]) -> tuple[Standing, ...]:
    """The standings in a script's result, which has remaining and wait per limit; none when it counted nothing."""
    return tuple(Standing(limit, numbers[2 * i], numbers[2 * i + 1]) for i, limit in enumerate(limits) if numbers)


def count(limits: Sequence[Limit]) -> tuple[Standing, ...]:
    """Counts one call. Raises TooMany, RedisAway."""
    if not settings().ratelimit_enabled:
        return ()
    arguments = [value for limit in limits for value in (limit.count, limit.window, int(limit.refuses))]
    over, *numbers = scripts.run(_LIMIT, [f"limit:{limit.key}" for limit in limits], arguments)
    if over:
        raise TooMany(limits[over - 1].name, numbers[2 * over - 1] / SECOND)
    return standings_of(limits, numbers)
