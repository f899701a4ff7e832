"""A user's own API keys."""

from __future__ import annotations

from typing import Any

from channels.relay.revocations import revoke
from ingress.database import in_database
from ingress.http.addresses import client_address
from ingress.identity.principal import Principal
from models.accounts import api_keys, audit
from models.accounts.revocations import Revoked
from models.store.database import reading, session


def add(principal: Principal, name: str, scopes: list[str]) -> dict[str, Any]:
    """A new key with its secret, which is shown this once. Raises Invalid, Conflict (too many)."""
    address = client_address()

    def write() -> dict[str, Any]:
        with session() as opened:
            made, secret = api_keys.add(opened, principal.id, name, scopes)
            audit.record(opened, "key.created", principal.id, principal.id, address, key=made.id, scopes=made.scopes)
            return api_keys.shown(made) | {"key": secret}

    return in_database(write)


def own(principal: Principal) -> list[dict[str, Any]]:
    """The caller's keys, the newest first."""

    def read() -> list[dict[str, Any]]:
        with reading() as opened:
            return [api_keys.shown(row) for row in api_keys.of_user(opened, principal.id)]

    return in_database(read)


def remove(principal: Principal, key_id: str) -> None:
    """Deletes a key, and closes what is open with it. Raises NotFound, RedisAway: sockets may still be open."""
    address = client_address()

    def write() -> None:
        with session() as opened:
            api_keys.remove(opened, principal.id, key_id)
            audit.record(opened, "key.deleted", principal.id, principal.id, address, key=key_id)

    in_database(write)
    revoke(Revoked(sessions=[key_id]))
