"""Taking a message in: the one road for routes, the socket and webhooks. It needs Redis only."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

from ingress.http.addresses import client_network
from ingress.http.idempotency import digest
from ingress.identity.counting import _of_user
from ingress.identity.principal import VISITOR, Principal
from models import ledger
from models.accounts.roles import OPERATE
from models.ledger import Accepted, Idempotency
from models.ledger.inbound import Inbound
from models.limits import Limit
from models.logs import context
from models.settings import settings
from workers.runtime import wakes

log = logging.getLogger(__name__)
_IDS = uuid.UUID("91c6f4ea-6a1e-5ed5-8c53-2b1d0a2e5e0f")


@dataclass(frozen=True)
class Draft:
    """A message as its author sends it."""

    content: str
    parent_id: str | None = None
    metadata: dict[str, Any] | None = None

    @property
    def digest(self) -> str:
        """The same for the same body."""
        return digest(self.content, self.parent_id, self.metadata or {})


def accept_message(
    principal: Principal,
    conversation_id: str,
    draft: Draft,
    key: str | None,
    *,
    route: str = "messages",
    counted: bool = False,
) -> Accepted:
    """Accepts a message of a visitor or a user and wakes a receiver if none is on the way.

    A key is good within its `route`; the socket's `message.send` and `POST …/messages` are one.
    `counted`: the call has been counted for its user before.
    Raises Invalid (the key came with another body), TooMany, LedgerFull, RedisAway.
    """
    scope = digest(principal.kind, principal.id, route, conversation_id, key)
    inbound = Inbound(
        id=str(uuid.uuid5(_IDS, scope + draft.digest) if key else uuid.uuid4()),
        order_key=conversation_id,
        conversation_id=conversation_id,
        sender=principal.id,
        channel="web",
        content=draft.content,
        parent_id=draft.parent_id,
        metadata=draft.metadata or {},
        trace_id=context.trace_id(),
    )
    limited = _limits(principal, conversation_id, counted=counted)
    return take(inbound, limited, Idempotency(scope, draft.digest) if key else None)


def take(inbound: Inbound, counted: tuple[Limit, ...], idempotency: Idempotency | None) -> Accepted:
    """Accepts an entry; its shard is woken when nobody is on the way."""
    with context.about(inbound):
        accepted = ledger.accept(inbound, counted, idempotency)
        log.debug("accepted again, to no effect" if accepted.known else "accepted")
        if accepted.wake:
            wakes.send([wakes.receiver(ledger.shard_of(inbound.order_key))])
    return accepted


def _limits(principal: Principal, conversation_id: str, *, counted: bool) -> tuple[Limit, ...]:
    if principal.may(OPERATE):
        return ()
    of_conversation = Limit("conversation", f"conversation:{conversation_id}", settings().ratelimit_conversation)
    if principal.kind == VISITOR:
        return _of_user(principal), of_conversation, _of_visitors_at(principal.network or client_network())
    return (of_conversation,) if counted else (_of_user(principal), of_conversation)


def _of_visitors_at(network: str) -> Limit:
    """Whoever has no account can become somebody new at any time, so their messages count by address, too."""
    return Limit("visitors", f"visitors:{network}", settings().ratelimit_address)
