"""Changes of an account that leave an entry in the audit trail: a user makes so many of them a day, and no more."""

from __future__ import annotations

from flask import g

from ingress.identity.principal import Principal
from models import limits
from models.limits import DAY, Limit

CHANGES_A_DAY = 200


def count_change(principal: Principal) -> None:
    """Counts a change. Raises TooMany, RedisAway."""
    g.standings = limits.count((Limit("account changes a day", f"changes:{principal.id}", CHANGES_A_DAY, DAY),))
