"""Lua scripts: registered once per process, called by their digest."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from redis.commands.core import Script
from redis.exceptions import ResponseError

from models.errors import LedgerFull, RedisAway
from models.store.redis import REDIS_ERRORS, redis


@cache
def _script(files: tuple[Path, ...]) -> Script:
    return redis().register_script("\n".join(file.read_text() for file in files))


def run(files: tuple[Path, ...], keys: list[str], arguments: list[Any]) -> Any:
    """The result of the script made of these files. Raises RedisAway; LedgerFull when Redis has no memory left."""
    return run_and_count(files, keys, arguments, 0)[0]


def run_and_count(files: tuple[Path, ...], keys: list[str], arguments: list[Any], replicas: int) -> tuple[Any, int]:
    """The script's result, and the number of replicas that have it, after at most one second. Raises as `run` does.

    WAIT counts what its own connection has written, so both commands use one pipeline.
    """
    try:
        if not replicas:
            return _script(files)(keys=keys, args=arguments), 0
        with redis().pipeline(transaction=False) as pipe:
            _script(files)(keys=keys, args=arguments, client=pipe)
            pipe.wait(replicas, 1000)
            result, copies = pipe.execute()
        return result, copies
    except ResponseError as error:
        # Redis 6.2 puts a prefix before a script's error, Redis 7 does not.
        raise (LedgerFull if "OOM command not allowed" in str(error) else RedisAway) from error
    except REDIS_ERRORS as error:
        raise RedisAway from error
