"""Who is on the socket, and what they may listen to."""

from __future__ import annotations

import time
from typing import Any

import jwt

from ingress.sockets.protocol import BAD_REQUEST, INVALID_TOKEN, TOKEN_EXPIRED, Disconnect, Refused
from ingress.tokens import Principal, verify
from models.errors import Unauthenticated

CONVERSATION = "conversation:"


def identify(params: dict[str, Any]) -> Principal:
    """The principal of `{"token": …}`. Raises Refused if it has expired (the SDKs fetch a new one), else Disconnect."""
    token = params.get("token", "")
    if not isinstance(token, str):
        raise Disconnect(BAD_REQUEST)
    try:
        return verify(token)
    except Unauthenticated:
        if _says_it_is_expired(token):
            raise Refused(TOKEN_EXPIRED) from None
        raise Disconnect(INVALID_TOKEN) from None


def may_subscribe(principal: Principal, topic: str) -> bool:
    """True for the principal's own topics. What is unknown and what is another's look the same."""
    return topic == f"{CONVERSATION}{principal.conversation_id}"


def lifetime(principal: Principal) -> dict[str, Any]:
    """The fields of a reply that tell when the token must have been refreshed."""
    return {"expires": True, "ttl": max(1, principal.expires - int(time.time()))}


def _says_it_is_expired(token: str) -> bool:
    """Reads the unverified claim, which is enough to choose between two refusals."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
        return float(claims["exp"]) <= time.time()
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
        return False
