"""From a provider's callback into the ledger: the one road for all channels."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from flask import request

from channels.protocol import Callback
from channels.registry import CHANNELS
from ingress.channels.senders import conversation_of
from ingress.conversations.acceptance import take
from ingress.http import bodies
from ingress.http.idempotency import digest
from models.ledger import Accepted, Idempotency
from models.ledger.inbound import Inbound
from models.limits import Limit
from models.logs import context
from models.people import contacts
from models.settings import settings

_IDS = uuid.UUID("c0a52e0c-2ab5-5d2e-8f3c-9b1b7a0f6d10")


def read(channel: str, account: str) -> Sequence[Inbound]:
    """What this request says, verified on its raw bytes, with a sender and a conversation of ours.

    Raises Unauthenticated, Malformed, Invalid; NotFound and DatabaseAway for a conversation that it names.
    """
    callback = Callback(account, {name.lower(): value for name, value in request.headers.items()}, bodies.raw())
    CHANNELS[channel].verify(callback)
    return [_addressed(inbound) for inbound in CHANNELS[channel].parse(callback)]


def _addressed(inbound: Inbound) -> Inbound:
    """The id is made of the provider's event, so that the same event is the same message, however often it comes."""
    contact_id = contacts.id_of_sender(inbound.channel, inbound.address or "")
    conversation_id = conversation_of(contact_id, inbound.conversation_id or None)
    event = "\0".join((inbound.channel, inbound.account or "", inbound.provider_id or "", inbound.kind))
    return replace(
        inbound,
        id=str(uuid.uuid5(_IDS, event)),
        sender=contact_id,
        conversation_id=conversation_id,
        order_key=conversation_id,
        trace_id=context.trace_id(),
    )


def accept(inbound: Inbound) -> Accepted:
    """Takes it in. A sender beyond the limit is never refused, but answered later. Raises LedgerFull, RedisAway."""
    limit = Limit("sender", f"sender:{inbound.sender}", settings().ratelimit_sender, refuses=False)
    return take(inbound, (limit,), Idempotency(digest(inbound.channel, inbound.provider_id), ""))
