"""What a caller prefers: a page or JSON; to wait (RFC 7240) not at all, for some seconds, or along a stream."""

from __future__ import annotations

from flask import request
from werkzeug.http import parse_list_header, parse_options_header, unquote_header_value

LONGEST_WAIT = 60


def wait_seconds(default: float = 0) -> float:
    """Seconds of `Prefer: wait=N`, clamped to 60; the default when no whole number of seconds is preferred."""
    value = _preferences().get("wait", "")
    # A float, because int() refuses a number of thousands of digits.
    return min(float(value), LONGEST_WAIT) if value.isascii() and value.isdecimal() else default


def _preferences() -> dict[str, str]:
    """Name in lower case → value. Of several with the same name, the first counts (RFC 7240, section 2)."""
    found: dict[str, str] = {}
    for item in parse_list_header(request.headers.get("Prefer", "")):
        name, _, value = parse_options_header(item)[0].partition("=")
        found.setdefault(name.strip().lower(), unquote_header_value(value.strip()))
    return found


def wants_stream() -> bool:
    """True when `text/event-stream` is asked for by name."""
    return request.accept_mimetypes.quality("text/event-stream") > 0 and "text/event-stream" in request.headers.get(
        "Accept", ""
    )


def wants_page() -> bool:
    """True for a browser, which prefers HTML; false for a program, which prefers JSON or takes whatever comes."""
    accepted = request.accept_mimetypes
    return accepted.quality("text/html") > accepted.quality("application/json")
