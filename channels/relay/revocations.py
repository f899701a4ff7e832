"""Revocation everywhere at once: stored for later requests, and announced to the processes that hold open sockets."""

from __future__ import annotations

from channels.relay.events import Publication
from channels.relay.publish import publish
from models.accounts import revocations
from models.accounts.revocations import Revoked

TOPIC = "revocations"


def revoke(revoked: Revoked) -> None:
    """Voids tokens and closes their streams. Call after the commit. Idempotent. Raises RedisAway: then call it again."""
    if not revoked:
        return
    revocations.deny(revoked)
    announce(revoked)


def announce(revoked: Revoked) -> None:
    """Closes the open sockets and streams of tokens that are already denied. Raises RedisAway."""
    ids = {"sessions": list(revoked.sessions), "contacts": list(revoked.contacts)}
    publish([Publication(TOPIC, ids | {"generations": dict(revoked.generations)})])
