"""The relay's Lua scripts: each runs in Redis as one step, and is called by its digest."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from redis.commands.core import Script

from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, redis

STREAM_LIFE = 24 * 3600
META_LIFE = 90 * 24 * 3600  # far longer than the stream: an epoch that outlives its entries still reveals a gap


@cache
def _script(name: str) -> Script:
    return redis().register_script((Path(__file__).parent / f"{name}.lua").read_text())


def run(name: str, arguments: Sequence[str | int | bytes]) -> Any:
    """The script's result. Raises RedisAway."""
    try:
        return _script(name)(args=arguments)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def new_epoch() -> str:
    """A new name for a stream's life, unlike that of any earlier life."""
    return secrets.token_hex(6)
