"""Making tokens void everywhere at once: known to whoever asks, and told to the processes that hold open sockets."""

from __future__ import annotations

from channels.relay.events import Publication
from channels.relay.publish import publish
from models.accounts import revocations
from models.accounts.revocations import Revoked

TOPIC = "revocations"


def revoke(revoked: Revoked) -> None:
    """To be called behind the commit that ended them. Raises RedisAway: then call again, it is the same twice."""
    if not revoked:
        return
    revocations.deny(revoked)
    tell(revoked)


def tell(revoked: Revoked) -> None:
    """Ends what is open for them, where it is denied already. Raises RedisAway."""
    named = {"sessions": list(revoked.sessions), "contacts": list(revoked.contacts)}
    publish([Publication(TOPIC, named | {"generations": dict(revoked.generations)})])
