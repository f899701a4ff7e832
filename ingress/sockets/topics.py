"""The topics that clients may follow: kind → who may follow which of them. Capabilities register theirs."""

from __future__ import annotations

from collections.abc import Callable

from ingress.identity.principal import Principal
from models.accounts.api_keys import READ
from models.errors import NotFound
from models.texts import is_storable

Check = Callable[[Principal, str], None]


class Topics:
    """A registry of kinds of topics, `<kind>:<id>`."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, kind: str, check_follows: Check) -> None:
        """Registers who may follow: the check gets the principal and the id, and raises NotFound for a stranger.

        A second check of the same kind is a mistake.
        """
        if kind in self._checks:
            raise ValueError(f"The topics {kind} exist already.")
        self._checks[kind] = check_follows

    def may_follow(self, principal: Principal, topic: str) -> bool:
        """Whether the principal may follow the topic. What is unknown and what is another's look the same.

        Raises Unavailable when nobody can tell.
        """
        kind, _, named = topic.partition(":")
        check = self._checks.get(kind)
        if check is None or not named or not is_storable(named) or not principal.has(READ):
            return False
        try:
            check(principal, named)
        except NotFound:
            return False
        return True
