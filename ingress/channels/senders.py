"""Which conversation a channel's sender writes to: known for 24 h in Redis, asked of the database before, else new."""

from __future__ import annotations

import uuid

from models.conversations import conversations, listings
from models.errors import DatabaseAway, NotFound, RedisAway
from models.store.database import reading
from models.store.redis import REDIS_ERRORS, redis

REMEMBERED = 24 * 3600


def conversation_of(contact_id: str, named: str | None) -> str:
    """The conversation a sender's message joins. A named one must be the sender's own: raises NotFound, DatabaseAway."""
    key = f"conversation-of:{contact_id}"
    try:
        known = redis().get(key)
        if named is not None and named != known:
            _check_owner(contact_id, named)
        chosen = named or (str(known) if known else _found(contact_id) or str(uuid.uuid4()))
        if named is None and not known and not redis().set(key, chosen, ex=REMEMBERED, nx=True):
            chosen = str(redis().get(key) or chosen)  # another request of the same sender was first
        redis().expire(key, REMEMBERED)
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return chosen


def _found(contact_id: str) -> str | None:
    try:
        return _newest(contact_id)
    except DatabaseAway:
        return None  # `receive` joins the sender's open conversation, if there is one


def _newest(contact_id: str) -> str | None:
    with reading() as db:
        return listings.newest_joinable(db, contact_id)


def _check_owner(contact_id: str, conversation_id: str) -> None:
    with reading() as db:
        if conversations.get(db, conversation_id).contact_id != contact_id:
            raise NotFound("There is no such conversation.")
