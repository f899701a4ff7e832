"""The topics of conversations."""

from __future__ import annotations

from channels.web.audiences import CONVERSATION
from ingress.conversations import access
from ingress.sockets import Registry


def register(registry: Registry) -> None:
    """A conversation is followed by those who may read it: its owner, and operators."""
    registry.topics.add(CONVERSATION, access.readable)
