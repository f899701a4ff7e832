"""Whose a conversation is, as Redis remembers it for at most 24 h: so messages of users are accepted while the database
is away. `receive` checks again."""

from __future__ import annotations

from collections.abc import Sequence

from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, impatient_redis, redis

REMEMBERED = 24 * 3600


def known(conversation_id: str) -> str | None:
    """The id of the user, or of the visitor; None when it is not remembered. Raises RedisAway."""
    try:
        found = impatient_redis().get(_key(conversation_id))
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return str(found) if found else None


def remember(conversation_id: str, owner_id: str, seconds: int = REMEMBERED) -> None:
    """Once the database has it. Raises RedisAway."""
    try:
        redis().set(_key(conversation_id), owner_id, ex=seconds)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def forget(conversation_ids: Sequence[str]) -> None:
    """Once they are deleted. Raises RedisAway."""
    try:
        if conversation_ids:
            redis().delete(*map(_key, conversation_ids))
    except REDIS_ERRORS as error:
        raise RedisAway from error


def _key(conversation_id: str) -> str:
    return f"owner:{conversation_id}"
