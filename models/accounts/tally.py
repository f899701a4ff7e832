"""How often something happened that a caller may do again and again: the audit trail tells the first ones one by one, later
ones by their number.

Each process counts for itself, in memory: an entry is added inside a transaction, where nobody asks Redis. Counts that
race may be off by one, and no lock is worth that.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.clock import SECOND, microseconds

FREE = 50  # told one by one
WINDOW = 24 * 3600 * SECOND
MOST = 10_000  # keys that are remembered
Key = tuple[str | None, ...]


@dataclass
class _Count:
    until: int
    times: int = 0


_counts: dict[Key, _Count] = {}


def count(key: Key) -> int:
    """How many times this is within the last 24 h of this process, this one included."""
    now = microseconds()
    known = _counts.get(key)
    if known is None or known.until <= now:
        if len(_counts) >= MOST:
            _counts.clear()
        known = _counts[key] = _Count(now + WINDOW)
    known.times += 1
    return known.times


def is_told(times: int) -> bool:
    """Whether this one gets an entry: each of the first 50, then the 64th, the 128th and so on."""
    return times <= FREE or times & (times - 1) == 0
