"""Limits on calls. They are counted inside the accept script; the same script serves routes that accept nothing."""

from __future__ import annotations

from dataclasses import dataclass

from models.clock import SECOND

MINUTE = 60 * SECOND


@dataclass(frozen=True)
class Limit:
    """At most `count` calls a `window` (µs) for one `key`. `refuses` is False where a caller is answered later instead."""

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
