"""`/webhooks/in/{source}`: messages from programs, signed as Standard Webhooks (standardwebhooks.com) says."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from channels.webhook import WebhookMessage
from ingress.channels import intake
from ingress.channels.requests import SourcePath
from ingress.channels.responses import Delivered
from ingress.conversations import replies
from ingress.http.described import PREFER, WEBHOOK, answers, reads, takes
from ingress.http.preferences import wait_seconds
from ingress.identity.callers import signed

api = APIBlueprint(
    "webhooks",
    __name__,
    url_prefix="/webhooks",
    abp_tags=[Tag(name="Webhooks", description="Signed callbacks")],
)


@api.post(
    "/in/<source>",
    operation_id="receiveWebhook",
    summary="Send a message from a program",
    responses={"200": Delivered, "202": Delivered},
)
@signed
@answers(401, 404, 503)
@takes(WebhookMessage)
@reads(PREFER, *WEBHOOK)
def inbound(path: SourcePath) -> tuple[dict[str, Any], int]:
    """Verified on the raw bytes, then accepted. Messages with the same `webhook-id` count as one message."""
    (message,) = intake.read("webhook", path.source)
    waited = replies.wait(None, message.conversation_id, lambda: intake.accept(message), wait_seconds())
    answer = {"message_id": waited.accepted.id, "conversation_id": waited.standing.conversation_id} | waited.state
    return (answer | {"reply": waited.standing.reply}, 200) if waited.standing.is_ended else (answer, 202)
