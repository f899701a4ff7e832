"""Taking a message in: the one road for routes, the socket and webhooks. It needs Redis only."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from flask import request

from ingress.addresses import client_network
from ingress.tokens import USER, VISITOR, Principal
from models import ledger, limits
from models.accounts.roles import OPERATE
from models.envelopes import Envelope
from models.errors import Invalid
from models.ledger import Accepted, Idempotency
from models.limits import Limit
from models.settings import settings
from workers import queue

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


def digest(*parts: Any) -> str:
    """A hash of JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


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
    envelope = Envelope(
        id=str(uuid.uuid5(_IDS, scope + draft.digest) if key else uuid.uuid4()),
        order_key=conversation_id,
        conversation_id=conversation_id,
        sender=principal.id,
        channel="web",
        content=draft.content,
        parent_id=draft.parent_id,
        metadata=draft.metadata or {},
    )
    limited = _limits(principal, conversation_id, counted=counted)
    return take(envelope, limited, Idempotency(scope, draft.digest) if key else None)


def take(envelope: Envelope, counted: tuple[Limit, ...], idempotency: Idempotency | None) -> Accepted:
    """Accepts an envelope; its shard is woken when nobody is on the way."""
    accepted = ledger.accept(envelope, counted, idempotency)
    if accepted.wake:
        queue.wake_receive(ledger.shard_of(envelope.order_key))
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


def _of_user(principal: Principal) -> Limit:
    return Limit("user", f"user:{principal.id}", settings().ratelimit_user)


def count_opening(known: Principal | None) -> tuple[limits.Standing, ...]:
    """Counts a call that opens a conversation: for its user, or for its address. Raises TooMany, RedisAway."""
    if known is not None and known.may(OPERATE):
        return ()
    if known is not None and known.kind == USER:
        return count_by_user(known)
    return count_by_address()


def count_by_user(known: Principal) -> tuple[limits.Standing, ...]:
    """Counts a call of this user's. Raises TooMany, RedisAway."""
    return limits.count((_of_user(known),))


def count_by_address() -> tuple[limits.Standing, ...]:
    """Counts a call that comes without a token. Raises TooMany, RedisAway."""
    return limits.count((Limit("address", f"address:{client_network()}", settings().ratelimit_user),))


def key_of(client_message_id: str | None = None) -> str | None:
    """The idempotency key of a request: the header or the body's. Raises Invalid when both are there and differ."""
    header = request.headers.get("Idempotency-Key")
    if header is not None and not 1 <= len(header) <= 255:
        raise Invalid("Idempotency-Key", "has 1 to 255 characters")
    if header and client_message_id and header != client_message_id:
        raise Invalid("client_message_id", "differs from the Idempotency-Key header")
    return header or client_message_id
