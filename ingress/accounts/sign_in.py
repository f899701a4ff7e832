"""The ways to sign in, in the ingress: limits before the auth worker is asked, and tokens afterwards."""

from __future__ import annotations

from typing import Any

from flask import g

from ingress.accounts import auth_worker
from ingress.http.addresses import client_network
from ingress.identity.principal import Principal
from ingress.identity.tokens import access_token
from models import limits
from models.accounts import throttle
from models.accounts.revocations import ACCESS_LIFETIME
from models.limits import Limit
from models.settings import settings


def count() -> None:
    """Counts an attempt to sign in or register from this address. Raises TooMany, RedisAway."""
    limit = Limit("login", f"login:{client_network()}", settings().ratelimit_login)
    g.standings = limits.count((limit,))


def count_passkey() -> None:
    """Counts the use of a passkey from this address. Raises TooMany, RedisAway.

    Passkeys cannot be guessed, so the limit is higher than that of `count`."""
    g.standings = limits.count((Limit("passkey", f"passkey:{client_network()}", settings().ratelimit_user),))


def register(visitor: Principal | None, fields: dict[str, Any]) -> dict[str, Any]:
    """A new account, signed in. Raises Invalid, Conflict, TooMany, Unavailable."""
    count()
    return response(auth_worker.perform("register", visitor, **fields))


def login(visitor: Principal | None, name: str, password: str) -> dict[str, Any]:
    """Signs in. Raises Unauthenticated, Forbidden (disabled), TooMany, Unavailable."""
    count()
    name = name.strip()
    throttle.attempt(name, client_network())
    result = auth_worker.perform("login", visitor, name=name, password=password)
    throttle.succeeded(name, client_network())
    return response(result)


def response(result: dict[str, Any]) -> dict[str, Any]:
    """The response of every way of signing in, from the auth worker's result."""
    user = result["user"]
    return pair(
        access_token(
            user["id"],
            result["session_id"],
            result["generation"],
            is_superuser=user["is_superuser"],
            permissions=result["permissions"],
        ),
        result["refresh_token"],
    ) | {"user": user}


def pair(access: str, refresh: str) -> dict[str, Any]:
    """An access token and a refresh token in the form of RFC 6749, 5.1."""
    return {"access_token": access, "refresh_token": refresh, "token_type": "bearer", "expires_in": ACCESS_LIFETIME}
