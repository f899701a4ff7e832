"""Tokens: HS256 JWTs (RFC 7519) with a `kid`, signed and verified with the keys of SECRET_KEY."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jwt

from ingress.identity.principal import USER, VISITOR, Principal
from models.accounts.revocations import ACCESS_LIFETIME, VISITOR_LIFETIME
from models.errors import Unauthenticated
from models.settings import settings

ISSUER = "switchboard"


AUDIENCE = "switchboard"


ACCESS = "access"


REFUSED = "The token is not valid or has expired."


_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "jti"]


def visitor_token(contact_id: str, conversation_id: str) -> str:
    """A token for one visitor and one conversation, valid for 30 days."""
    return _sign(VISITOR, contact_id, VISITOR_LIFETIME, conversation=conversation_id)


def access_token(
    user_id: str, session_id: str, generation: int, *, is_superuser: bool, permissions: Sequence[str]
) -> str:
    """A token for one user on one device, valid for 25 minutes."""
    rights = {"superuser": is_superuser, "permissions": list(permissions)}
    return _sign(ACCESS, user_id, ACCESS_LIFETIME, session=session_id, generation=generation, **rights)


def _sign(kind: str, subject: str, lifetime: int, **extra: Any) -> str:
    kid, key = next(iter(settings().signing_keys.items()))
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + lifetime}
    claims |= {"jti": str(uuid.uuid4()), **extra}
    return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid, "typ": kind})


def verify(token: str) -> Principal:
    """The principal of a token. Raises Unauthenticated, the same for every fault.

    Does not check for revocation: see ingress.identity.revoked.
    """
    principal = _verified(token, settings().secret_key)
    if principal.expires <= time.time():
        raise Unauthenticated(REFUSED)
    return principal


@lru_cache(maxsize=10_000)
def _verified(token: str, keys: tuple[str, ...]) -> Principal:
    """The principal, cached for these keys: a valid signature stays valid, only time passes."""
    try:
        header = jwt.get_unverified_header(token)
        key = settings().signing_keys[header["kid"]]
        claims = jwt.decode(
            token, key, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER, options={"require": _CLAIMS}
        )
        return _PRINCIPALS[header["typ"]](claims)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise Unauthenticated(REFUSED) from None


def _visitor(claims: dict[str, Any]) -> Principal:
    return Principal(VISITOR, claims["sub"], claims["exp"], conversation_id=claims["conversation"])


def _user(claims: dict[str, Any]) -> Principal:
    return Principal(
        USER,
        claims["sub"],
        claims["exp"],
        session_id=claims["session"],
        generation=claims["generation"],
        is_superuser=claims["superuser"],
        permissions=frozenset(claims["permissions"]),
    )


_PRINCIPALS = {VISITOR: _visitor, ACCESS: _user}
