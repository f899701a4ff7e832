"""Preferences of a caller: a page or JSON, and waiting (RFC 7240): not, for some seconds, or as a stream."""

from __future__ import annotations

from flask import request
from werkzeug.http import parse_list_header, parse_options_header, unquote_header_value

LONGEST_WAIT = 60


def wait_seconds(default: float = 0) -> float:
    """Seconds of `Prefer: wait=N`, at most 60; the default when it is no whole number."""
    value = _preferences().get("wait", "")
    # A float, since int() refuses a number with thousands of digits.
    return min(float(value), LONGEST_WAIT) if value.isascii() and value.isdecimal() else default


def _preferences() -> dict[str, str]:
    """Name in lower case → value. Of several with the same name, the first counts (RFC 7240, section 2)."""
    preferences: dict[str, str] = {}
    for item in parse_list_header(request.headers.get("Prefer", "")):
        name, _, value = parse_options_header(item)[0].partition("=")
        preferences.setdefault(name.strip().lower(), unquote_header_value(value.strip()))
    return preferences


def wants_stream() -> bool:
    """True when `Accept` names `text/event-stream`."""
    return request.accept_mimetypes.quality("text/event-stream") > 0 and "text/event-stream" in request.headers.get(
        "Accept", ""
    )


def wants_page() -> bool:
    """True for a browser, which prefers HTML; false for a program, which prefers JSON or accepts anything."""
    accepted = request.accept_mimetypes
    return accepted.quality("text/html") > accepted.quality("application/json")
