"""Programs that call with an API key. It is looked up with every call, so a key that was deleted is refused at once."""

from __future__ import annotations

import math

from ingress.identity.principal import USER, Principal
from ingress.identity.tokens import REFUSED
from models.accounts import api_keys
from models.errors import Unauthenticated
from models.store.database import reading, session


def is_one(token: str) -> bool:
    """Whether a bearer token is an API key, by its form."""
    return token.startswith(api_keys.PREFIX)


def verify(token: str) -> Principal:
    """The user it acts for, within its scopes. Raises Unauthenticated, DatabaseAway."""
    return _verified(token)


def _verified(token: str) -> Principal:
    with reading() as db:
        found = api_keys.find(db, token)
        if found is None:
            raise Unauthenticated(REFUSED)
        known = Principal(USER, found.user_id, math.inf, session_id=found.id, scopes=frozenset(found.scopes))
        noted = None if not api_keys.is_stale(found) else found.id
    if noted:
        with session(durable=False) as db:
            api_keys.note_use(db, noted)
    return known
