"""How often a repeatable action happened: the audit trail records the first occurrences, then fewer and fewer.

Each process counts in its own memory, since an entry is added inside a transaction, where Redis must not be asked.
Counts may be off by one under concurrency; that is not worth a lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.clock import SECOND, microseconds

RECORDED_ALWAYS = 50  # occurrences
WINDOW = 24 * 3600 * SECOND
MOST = 10_000  # keys in memory
Key = tuple[str | None, ...]


@dataclass
class _Count:
    until: int
    times: int = 0


_counts: dict[Key, _Count] = {}


def count(key: Key) -> int:
    """How often this happened in this process within the last 24 h, including now."""
    now = microseconds()
    counted = _counts.get(key)
    if counted is None or counted.until <= now:
        if len(_counts) >= MOST:
            _counts.clear()
        counted = _counts[key] = _Count(now + WINDOW)
    counted.times += 1
    return counted.times


def is_recorded(times: int) -> bool:
    """Whether this occurrence gets an entry: each of the first 50, then the 64th, the 128th and so on."""
    return times <= RECORDED_ALWAYS or times & (times - 1) == 0
