"""Limits on calls that start work, per caller."""

from __future__ import annotations

from ingress.http.addresses import client_network
from ingress.identity.principal import USER, Principal
from models import limits
from models.accounts.roles import OPERATE
from models.limits import Limit
from models.settings import settings


def _of_user(principal: Principal) -> Limit:
    return Limit("user", f"user:{principal.id}", settings().ratelimit_user)


def count_opening(principal: Principal | None) -> tuple[limits.Standing, ...]:
    """Counts a call that opens a conversation, for its user or else its address. Raises TooMany, RedisAway."""
    if principal is not None and principal.may(OPERATE):
        return ()
    if principal is not None and principal.kind == USER:
        return count_by_user(principal)
    return count_by_address()


def count_by_user(principal: Principal) -> tuple[limits.Standing, ...]:
    """Counts a call of this user. Raises TooMany, RedisAway."""
    return limits.count((_of_user(principal),))


def count_by_address() -> tuple[limits.Standing, ...]:
    """Counts a call without a token. Raises TooMany, RedisAway."""
    return limits.count((Limit("address", f"address:{client_network()}", settings().ratelimit_user),))
