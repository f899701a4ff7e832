"""One log line for what was refused, and no flood of them."""

from __future__ import annotations

import logging
import time

EVERY = 60.0  # seconds between two lines about the same limit
log = logging.getLogger(__name__)
_last: dict[str, float] = {}
_unsaid: dict[str, int] = {}


def note(limit: str, network: str) -> None:
    """Logs that a caller reached a limit; at most one line per limit and minute, with how many were refused since."""
    now = time.monotonic()
    if now - _last.get(limit, -EVERY) < EVERY:
        _unsaid[limit] = _unsaid.get(limit, 0) + 1
        return
    _last[limit] = now
    more = _unsaid.pop(limit, 0)
    log.warning("refused: the limit “%s” is used up, last by %s; %d more since the line before", limit, network, more)
