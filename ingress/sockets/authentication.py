"""Who is on the socket, and what they may listen to."""

from __future__ import annotations

import math
import time
from typing import Any

import jwt

from channels import web
from ingress.conversations import access
from ingress.identity.callers import authenticated
from ingress.identity.principal import USER, Principal
from ingress.identity.revoked import Outdated
from ingress.sockets.protocol import BAD_REQUEST, INVALID_TOKEN, TOKEN_EXPIRED, Disconnect, Refused
from models.accounts.api_keys import READ
from models.errors import NotFound, Unauthenticated
from models.texts import storable


def identify(params: dict[str, Any]) -> Principal:
    """The principal of `{"token": …}`. Raises Refused if it has expired (the SDKs fetch a new one), else Disconnect."""
    token = params.get("token", "")
    if not isinstance(token, str):
        raise Disconnect(BAD_REQUEST)
    try:
        return authenticated(token)
    except Unauthenticated as error:
        if isinstance(error, Outdated) or _says_it_is_expired(token):
            raise Refused(TOKEN_EXPIRED) from None
        raise Disconnect(INVALID_TOKEN) from None


def may_subscribe(principal: Principal, topic: str) -> bool:
    """True for the principal's own topics, and an operator's conversations; a visitor's also for what continues the
    conversation of the token. What is unknown and what is another's look the same. Raises Unavailable when nobody can
    tell.
    """
    if not principal.has(READ):
        return False
    is_users = principal.kind == USER and topic == web.topic_of_user(principal.id)
    return is_users or _may_follow(principal, topic)


def _may_follow(principal: Principal, topic: str) -> bool:
    conversation_id = topic.removeprefix(web.topic_of(""))
    if not conversation_id or conversation_id == topic or not storable(conversation_id):
        return False
    try:
        access.readable(principal, conversation_id)
    except NotFound:
        return False
    return True


def lifetime(principal: Principal) -> dict[str, Any]:
    """The fields of a reply that tell when the token must have been refreshed."""
    if math.isinf(principal.expires):  # an API key's
        return {"expires": False}
    return {"expires": True, "ttl": max(1, int(principal.expires - time.time()))}


def _says_it_is_expired(token: str) -> bool:
    """Reads the unverified claim, which is enough to choose between two refusals."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
        return float(claims["exp"]) <= time.time()
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
        return False
