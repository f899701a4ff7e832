"""Log lines about refused calls, at a limited rate."""

from __future__ import annotations

import logging
import time

EVERY = 60.0  # seconds between two lines about the same limit
log = logging.getLogger(__name__)
_last: dict[str, float] = {}
_unlogged: dict[str, int] = {}


def note(limit: str, network: str) -> None:
    """Logs that a caller reached a limit: one line per limit and minute, with the number of refusals since the last one."""
    now = time.monotonic()
    if now - _last.get(limit, -EVERY) < EVERY:
        _unlogged[limit] = _unlogged.get(limit, 0) + 1
        return
    _last[limit] = now
    more = _unlogged.pop(limit, 0)
    log.warning("refused: the limit “%s” is used up, last by %s; %d more since the line before", limit, network, more)
