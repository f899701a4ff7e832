"""Tokens: HS256 JWTs (RFC 7519) with a `kid`, made and verified with the keys of SECRET_KEY."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from functools import lru_cache

import jwt

from models.errors import Unauthenticated
from models.settings import settings

ISSUER = "switchboard"
AUDIENCE = "switchboard"
VISITOR = "visitor"
VISITOR_LIFETIME = 30 * 24 * 3600
REFUSED = "The token is not valid or has expired."
_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "jti"]


@dataclass(frozen=True)
class Principal:
    """Who is asking: a visitor (`id` is the contact's) with the one conversation the token opens."""

    kind: str
    id: str
    conversation_id: str
    expires: int  # Unix seconds


def visitor_token(contact_id: str, conversation_id: str) -> str:
    """A token for one visitor and one conversation, good for 30 days."""
    kid, key = next(iter(settings().signing_keys.items()))
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": contact_id,
        "conversation": conversation_id,
        "iat": now,
        "exp": now + VISITOR_LIFETIME,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid, "typ": VISITOR})


def verify(token: str) -> Principal:
    """The principal of a token. Raises Unauthenticated for every fault, without saying which."""
    principal = _verified(token, settings().secret_key)
    if principal.expires <= time.time():
        raise Unauthenticated(REFUSED)
    return principal


@lru_cache(maxsize=10_000)
def _verified(token: str, keys: tuple[str, ...]) -> Principal:
    """A signature that was good stays good, so it is computed once for these keys; only time goes on."""
    try:
        header = jwt.get_unverified_header(token)
        key = settings().signing_keys[header["kid"]]
        claims = jwt.decode(
            token, key, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER, options={"require": _CLAIMS}
        )
        if header.get("typ") != VISITOR:
            raise Unauthenticated(REFUSED)
        return Principal(VISITOR, claims["sub"], claims["conversation"], claims["exp"])
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise Unauthenticated(REFUSED) from None
