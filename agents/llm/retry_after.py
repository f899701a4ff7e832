"""The Retry-After header, which holds seconds or an HTTP date (RFC 9110, 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds to wait, at most six hours; None when the header is missing or invalid.

    `headers` has lower-case names, or ignores case.
    """
    try:
        return float(Retry().parse_retry_after((headers or {}).get("retry-after", "")))
    except (InvalidHeader, ValueError, OverflowError):  # the last two: a number or a date beyond Python's
        return None
