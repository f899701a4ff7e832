"""A user's own API keys."""

from __future__ import annotations

from typing import Any

from channels.relay.revocations import revoke
from ingress.http.addresses import client_address
from ingress.identity.principal import Principal
from models.accounts import api_keys, audit
from models.accounts.revocations import Revoked
from models.store.database import reading, session


def add(principal: Principal, name: str, scopes: list[str]) -> dict[str, Any]:
    """A new key with its secret, which cannot be shown again. Raises Invalid, Conflict (too many)."""
    address = client_address()
    with session() as db:
        row, secret = api_keys.add(db, principal.id, name, scopes)
        audit.record(db, "key.created", principal.id, principal.id, address, key=row.id, scopes=row.scopes)
        return api_keys.shown(row) | {"key": secret}


def own(principal: Principal) -> list[dict[str, Any]]:
    """The caller's keys, the newest first."""
    with reading() as db:
        return [api_keys.shown(row) for row in api_keys.of_user(db, principal.id)]


def remove(principal: Principal, key_id: str) -> None:
    """Deletes a key and closes its open sockets and streams. Raises NotFound; RedisAway: sockets may still be open."""
    address = client_address()
    with session() as db:
        api_keys.remove(db, principal.id, key_id)
        audit.record(db, "key.deleted", principal.id, principal.id, address, key=key_id)
    revoke(Revoked(sessions=[key_id]))
