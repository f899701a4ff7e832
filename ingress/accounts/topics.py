"""The topics of users."""

from __future__ import annotations

from channels.web import audiences
from ingress.identity.principal import USER, Principal
from ingress.sockets import Registry
from models.errors import NotFound


def register(registry: Registry) -> None:
    """Lets a user's own devices and programs follow the user's topic."""
    registry.topics.add(audiences.USER, _check_own)


def _check_own(principal: Principal, user_id: str) -> None:
    if principal.kind != USER or principal.id != user_id:
        raise NotFound
