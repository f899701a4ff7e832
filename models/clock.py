"""Time as whole microseconds since 1970, UTC: one unit for sequences, due times and leases, in every database.

`now_us` is the database's own clock within a statement, so that leases never depend on a worker's clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

SECOND = 1_000_000


class now_us(FunctionElement[int]):  # noqa: N801 - used like an SQL function
    """Microseconds by the database's clock."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_us, "sqlite")
def _sqlite_now(element: now_us, compiler: Any, **kw: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"


@compiles(now_us, "postgresql")
def _postgresql_now(element: now_us, compiler: Any, **kw: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


def microseconds() -> int:
    """Microseconds by this machine's clock."""
    return time.time_ns() // 1000


def rfc3339(us: int | None) -> str | None:
    """`2026-11-20T18:00:00.123456Z`, or None for None."""
    if us is None:
        return None
    return datetime.fromtimestamp(us / SECOND, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
