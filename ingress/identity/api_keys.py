"""Programs that use an API key. The key is looked up for every request, so a deleted key is refused at once."""

from __future__ import annotations

import math

from ingress.identity.principal import USER, Principal
from ingress.identity.tokens import REFUSED
from models.accounts import api_keys
from models.errors import Unauthenticated
from models.store.database import reading, session


def is_api_key(token: str) -> bool:
    """Whether a bearer token has the form of an API key."""
    return token.startswith(api_keys.PREFIX)


def verify(token: str) -> Principal:
    """The user that the key acts for, within its scopes. Raises Unauthenticated, DatabaseAway."""
    with reading() as db:
        row = api_keys.find(db, token)
        if row is None:
            raise Unauthenticated(REFUSED)
        principal = Principal(USER, row.user_id, math.inf, session_id=row.id, scopes=frozenset(row.scopes))
        stale_id = None if not api_keys.is_stale(row) else row.id
    if stale_id:
        with session(durable=False) as db:
            api_keys.note_use(db, stale_id)
    return principal
