"""What a caller prefers: a page or JSON; to wait (RFC 7240) not at all, for some seconds, or along a stream."""

from __future__ import annotations

import re

from flask import request

LONGEST_WAIT = 60


def wait_seconds(default: float = 0) -> float:
    """Seconds of `Prefer: wait=N`, clamped to 60; the default when nothing is preferred."""
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})", request.headers.get("Prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else default


def wants_stream() -> bool:
    """True when `text/event-stream` is asked for by name."""
    return request.accept_mimetypes.quality("text/event-stream") > 0 and "text/event-stream" in request.headers.get(
        "Accept", ""
    )


def wants_page() -> bool:
    """True for a browser, which prefers HTML; false for a program, which prefers JSON or takes whatever comes."""
    accepted = request.accept_mimetypes
    return accepted.quality("text/html") > accepted.quality("application/json")
