"""The Retry-After header, which holds seconds or an HTTP date (RFC 9110, 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds to wait; None when the header is missing or makes no sense. `headers` has lower-case names, or ignores
    case."""
    value = (headers or {}).get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
