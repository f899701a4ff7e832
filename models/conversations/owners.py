"""Owners of conversations, cached in Redis for at most 24 h, so that messages are accepted while the database is away.
`receive` checks the owner again."""

from __future__ import annotations

from collections.abc import Sequence

from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, impatient_redis, redis

REMEMBERED = 24 * 3600


def find(conversation_id: str) -> str | None:
    """The id of the owning user or visitor; None when it is not cached. Raises RedisAway."""
    try:
        owner_id = impatient_redis().get(_key(conversation_id))
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return str(owner_id) if owner_id else None


def remember(conversation_id: str, owner_id: str, seconds: int = REMEMBERED) -> None:
    """Caches the owner. Call after the commit. Raises RedisAway."""
    try:
        redis().set(_key(conversation_id), owner_id, ex=seconds)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def forget(conversation_ids: Sequence[str]) -> None:
    """Removes deleted conversations from the cache. Call after the commit. Raises RedisAway."""
    try:
        if conversation_ids:
            redis().delete(*map(_key, conversation_ids))
    except REDIS_ERRORS as error:
        raise RedisAway from error


def _key(conversation_id: str) -> str:
    return f"owner:{conversation_id}"
