"""`/webhooks/in/{source}`: messages from programs, signed as Standard Webhooks (standardwebhooks.com) says."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_openapi3 import APIBlueprint, Tag

from channels import webhook
from ingress.channels.requests import Inbound, SourcePath
from ingress.channels.responses import Delivered
from ingress.channels.senders import conversation_of
from ingress.conversations import replies
from ingress.conversations.acceptance import take
from ingress.http import bodies
from ingress.http.idempotency import digest
from ingress.http.preferences import wait_seconds
from ingress.http.responses import PROBLEMS
from ingress.identity.callers import signed
from models.ledger import Accepted, Idempotency
from models.ledger.envelopes import Envelope
from models.limits import Limit
from models.people import contacts
from models.settings import settings
from models.texts import mended

api = APIBlueprint(
    "webhooks",
    __name__,
    url_prefix="/webhooks",
    abp_tags=[Tag(name="Webhooks", description="Signed callbacks")],
    abp_responses=PROBLEMS,
)


@api.post("/in/<source>", summary="A message from a program", responses={"200": Delivered, "202": Delivered})
@signed
def inbound(path: SourcePath) -> tuple[dict[str, Any], int]:
    """Verified on the raw bytes, then accepted. The webhook-id decides what is the same message."""
    raw = bodies.raw()
    webhook_id = webhook.verify(path.source, dict(request.headers), raw)
    document = bodies.parse(raw)
    if isinstance(document, dict) and isinstance(document.get("text"), str):
        document["text"] = mended(document["text"])
    bodies.check_document(document)
    said = Inbound.model_validate(document)
    envelope, idempotency = _envelope(path.source, webhook_id, said)
    limit = Limit("sender", f"sender:{envelope.sender}", settings().ratelimit_sender, refuses=False)

    def accept() -> Accepted:
        return take(envelope, (limit,), idempotency)

    waited = replies.wait(None, envelope.conversation_id, accept, wait_seconds())
    answer = {"message_id": waited.accepted.id, "conversation_id": waited.standing.conversation_id} | waited.state
    return (answer | {"reply": waited.standing.reply}, 200) if waited.standing.is_ended else (answer, 202)


def _envelope(source: str, webhook_id: str, said: Inbound) -> tuple[Envelope, Idempotency]:
    channel = webhook.channel_of(source)
    sender = said.sender or "-"
    contact_id = contacts.id_of_sender(channel, sender)
    conversation_id = conversation_of(contact_id, said.conversation)
    envelope = Envelope(
        id=webhook.message_id(source, webhook_id),
        order_key=conversation_id,
        conversation_id=conversation_id,
        sender=contact_id,
        address=sender,
        channel=channel,
        content=said.text,
    )
    return envelope, Idempotency(digest(channel, webhook_id), "")
