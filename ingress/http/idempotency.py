"""Idempotency-Key: the same key and body have one effect."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import request

from models.errors import Invalid


def digest(*parts: Any) -> str:
    """A hash of JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def key_of(client_message_id: str | None = None) -> str | None:
    """The request's idempotency key, from the header or the body; None without one. Raises Invalid when they differ."""
    header = request.headers.get("Idempotency-Key")
    if header is not None and not 1 <= len(header) <= 255:
        raise Invalid("Idempotency-Key", "must have 1 to 255 characters")
    if header and client_message_id and header != client_message_id:
        raise Invalid("client_message_id", "differs from the Idempotency-Key header")
    return header or client_message_id
