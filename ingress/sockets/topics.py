"""Topics that clients may follow: kind → a check of who may follow which. Capabilities register their kinds."""

from __future__ import annotations

from collections.abc import Callable

from ingress.identity.principal import Principal
from models.accounts.api_keys import READ
from models.errors import NotFound
from models.texts import is_storable

Check = Callable[[Principal, str], None]


class Topics:
    """The registered kinds of topics, `<kind>:<id>`."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, kind: str, check_follows: Check) -> None:
        """Registers a kind. The check gets the principal and the id, and raises NotFound unless the principal may follow.

        Raises ValueError when the kind is taken.
        """
        if kind in self._checks:
            raise ValueError(f"The topics {kind} exist already.")
        self._checks[kind] = check_follows

    def may_follow(self, principal: Principal, topic: str) -> bool:
        """Whether the principal may follow the topic. False for an unknown topic as well as for another person's.

        Raises Unavailable when this cannot be determined.
        """
        kind, _, id_ = topic.partition(":")
        check = self._checks.get(kind)
        if check is None or not id_ or not is_storable(id_) or not principal.has(READ):
            return False
        try:
            check(principal, id_)
        except NotFound:
            return False
        return True
