"""Changes of an account that add an audit entry: a limited number per user and day."""

from __future__ import annotations

from flask import g

from ingress.identity.principal import Principal
from models import limits
from models.limits import DAY, Limit

CHANGES_PER_DAY = 200


def count_change(principal: Principal) -> None:
    """Counts a change. Raises TooMany, RedisAway."""
    g.standings = limits.count((Limit("account changes a day", f"changes:{principal.id}", CHANGES_PER_DAY, DAY),))
