"""Repeated calls: which call an idempotency key names, and the secret of a caller without a token.

A key is valid for one caller on one route. A caller with a token is identified by it; any other caller proves to be the
same by a secret. An address proves nothing, since many people share it (see docs/decisions/0030-idempotency-secret.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import request
from pydantic import BaseModel

from ingress.http.described import Header
from ingress.http.idempotency import digest, key_of
from ingress.identity.principal import Principal
from models.errors import Invalid

KEY, SECRET = "Idempotency-Key", "Idempotency-Secret"
SECRET_MIN, SECRET_MAX = 22, 255  # characters; 128 random bits have 22 in base64, 32 in hexadecimal
NO_SECRET = (
    f"is required beside {KEY} as long as you have no token: a random value of your own with at least 128 bits "
    f"({SECRET_MIN} to {SECRET_MAX} characters without blanks), the same in every repeat"
)
HEADERS = (
    Header(
        KEY,
        "Within 24 h, the same key and body open one conversation, and another body is 422. "
        f"A key is good for one caller on one route. Without a token it needs {SECRET}.",
        {"type": "string", "minLength": 1, "maxLength": 255},
    ),
    Header(
        SECRET,
        f"Required with `{KEY}` if you send no token; ignored otherwise. A random value of your own with at least 128 bits: "
        f"{SECRET_MIN} to {SECRET_MAX} characters, no blanks. Repeating the key and the secret returns the same "
        "conversation and a token for it; nobody else gets either. Only its hash is stored.",
        {"type": "string", "format": "password"},
    ),
)


@dataclass(frozen=True)
class Once:
    """A call that may be repeated: the hash of its key within its scope, and the hash of its body."""

    scope: str
    body: str


def once(route: str, principal: Principal | None, body: BaseModel) -> Once | None:
    """What identifies repeats of this call; None without a key. Raises Invalid: neither secret nor token."""
    key = key_of()
    if key is None:
        return None
    owner = (principal.kind, principal.id) if principal is not None else ("anonymous", _secret())
    return Once(digest(route, *owner, key), digest(body.model_dump()))


def _secret() -> str:
    """The hash of the caller's secret. Raises Invalid."""
    secret = request.headers.get(SECRET, "")
    if not SECRET_MIN <= len(secret) <= SECRET_MAX or not secret.isascii() or " " in secret:
        raise Invalid(SECRET, NO_SECRET)
    return hashlib.sha256(secret.encode()).hexdigest()
