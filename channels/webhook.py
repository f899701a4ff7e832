"""The signed webhook, according to Standard Webhooks (standardwebhooks.com). Each source is an account of this channel."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from standardwebhooks import Webhook

from channels.protocol import Callback
from models import documents, reasons
from models.documents import Content, Id, without_null_defaults
from models.errors import Invalid, Unauthenticated
from models.ledger.inbound import Inbound
from models.settings import settings
from models.texts import mended

NOBODY = "-"  # the address of a sender that the source does not name


class WebhookMessage(BaseModel):
    """What a source writes."""

    model_config = ConfigDict(extra="ignore", strict=True, json_schema_extra=without_null_defaults)

    text: Content
    conversation: Id | None = Field(None, description="A `conversation_id` from an earlier response to this source")
    sender: str | None = Field(None, min_length=1, max_length=255)


def verify(callback: Callback) -> None:
    """Raises Unauthenticated unless one of the source's secrets signed these raw bytes."""
    for secret in settings().inbound_secrets.get(_name(callback.account), ()):
        try:
            Webhook(secret).verify(callback.body, dict(callback.headers))
            return
        except json.JSONDecodeError:  # raised after a good signature
            return
        except Exception:  # noqa: BLE001, S112 - the library raises many kinds of errors; each means: not verified
            continue
    raise Unauthenticated("The signature is not valid for this source, or the timestamp is more than five minutes off.")


def parse(callback: Callback) -> Sequence[Inbound]:
    """The single message of a webhook. Raises Malformed, Invalid."""
    document = documents.parse(callback.body)
    if isinstance(document, dict) and isinstance(document.get("text"), str):
        document["text"] = mended(document["text"])
    documents.check(document)
    try:
        body = WebhookMessage.model_validate(document)
    except ValidationError as error:
        raise Invalid(*reasons.faults(error)[0]) from None
    source, address = _name(callback.account), body.sender or NOBODY
    return [
        Inbound(
            channel=f"webhook:{source}",
            content=body.text,
            account=source,
            address=address,
            provider_id=callback.headers["webhook-id"],
            conversation_id=body.conversation or "",
            route={"source": source, "sender": address},
        )
    ]


def _name(source: str) -> str:
    """The source's name as in its setting: `my-shop` is `my_shop`."""
    return source.replace("-", "_")
