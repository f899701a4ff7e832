"""Authentication of a socket's client, and the lifetime of its token."""

from __future__ import annotations

import math
import time
from typing import Any

import jwt

from ingress.identity.callers import authenticated
from ingress.identity.principal import Principal
from ingress.identity.revoked import Outdated
from ingress.sockets.protocol import BAD_REQUEST, INVALID_TOKEN, TOKEN_EXPIRED, Disconnect, Refused
from models.errors import Unauthenticated


def identify(params: dict[str, Any]) -> Principal:
    """The principal of `{"token": …}`. Raises Refused for an expired token (the SDKs fetch a new one), else Disconnect."""
    token = params.get("token", "")
    if not isinstance(token, str):
        raise Disconnect(BAD_REQUEST)
    try:
        return authenticated(token)
    except Unauthenticated as error:
        if isinstance(error, Outdated) or _is_expired(token):
            raise Refused(TOKEN_EXPIRED) from None
        raise Disconnect(INVALID_TOKEN) from None


def lifetime(principal: Principal) -> dict[str, Any]:
    """The fields of a reply that say when the token must be refreshed."""
    if math.isinf(principal.expires):  # an API key's
        return {"expires": False}
    return {"expires": True, "ttl": max(1, int(principal.expires - time.time()))}


def _is_expired(token: str) -> bool:
    """Reads the unverified claim, which is enough to choose between two refusals."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
        return float(claims["exp"]) <= time.time()
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
        return False
