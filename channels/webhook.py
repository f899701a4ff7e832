"""The generic signed webhook, as Standard Webhooks (standardwebhooks.com) says: a source's callback in our words."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from standardwebhooks import Webhook

from models.errors import Unauthenticated
from models.settings import settings

_IDS = uuid.UUID("c0a52e0c-2ab5-5d2e-8f3c-9b1b7a0f6d10")


def channel_of(source: str) -> str:
    """The channel of a source. A source has one name, as its setting has it: `my-shop` is `my_shop`."""
    return f"webhook:{_name(source)}"


def _name(source: str) -> str:
    return source.replace("-", "_")


def verify(source: str, headers: Mapping[str, str], body: bytes) -> str:
    """The webhook-id, when one of the source's secrets signed these raw bytes. Raises Unauthenticated for every fault."""
    named = {name.lower(): value for name, value in headers.items()}
    for secret in settings().inbound_secrets.get(_name(source), ()):
        try:
            Webhook(secret).verify(body, named)
            return named["webhook-id"]
        except json.JSONDecodeError:  # raised behind a good signature
            return named["webhook-id"]
        except Exception:  # noqa: BLE001, S112 - the library raises many kinds for garbage; each means: not verified
            continue
    raise Unauthenticated("The signature does not fit this source, or the time stamp is too old.")


def message_id(source: str, webhook_id: str) -> str:
    """The same for the same webhook-id of the same source, however often it comes."""
    return str(uuid.uuid5(_IDS, f"{channel_of(source)}\0{webhook_id}"))
