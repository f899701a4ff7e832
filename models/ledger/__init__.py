"""The ledger: every accepted inbound stays in Redis until the database has it. A queue only says where to look.

An inbound goes to one of 16 shards by its order key. `accept` is one script, so that a caller who is told 202 has
limits, idempotency, sequence and entry all together or none of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.exceptions import OutOfMemoryError

from models.clock import SECOND
from models.errors import USED_BEFORE, Invalid, LedgerFull, RedisAway, TooMany
from models.ledger.inbound import Entry, Inbound, decoded, encoded, sequence_of
from models.limits import LIMITS, Limit, Standing, standings_of
from models.settings import settings
from models.store import scripts
from models.store.redis import REDIS_ERRORS, redis

SHARDS = 16
IDEMPOTENT_FOR = 24 * 3600
_PREFIX = "ledger:"
_LUA = Path(__file__).parent
_ACCEPT = (LIMITS, _LUA / "accept.lua")
_STRIKE = (_LUA / "strike.lua",)


@dataclass(frozen=True)
class Idempotency:
    """A client's key within its scope, and the hash of what it came with."""

    key: str
    body: str


@dataclass(frozen=True)
class Accepted:
    """An entry's fate: `known` when this key was accepted before, `wake` when its shard needs a receiver."""

    id: str
    sequence: int
    known: bool
    wake: bool
    standings: tuple[Standing, ...] = ()


def shard_of(order_key: str) -> int:
    """The shard of an order key."""
    return zlib.crc32(order_key.encode()) % SHARDS


def accept(inbound: Inbound, limits: Sequence[Limit] = (), idempotency: Idempotency | None = None) -> Accepted:
    """Takes an inbound in. Raises TooMany, LedgerFull, RedisAway, or Invalid when a key returns with another body."""
    shard = shard_of(inbound.order_key)
    limits = limits if settings().ratelimit_enabled else ()
    keys = [f"{_PREFIX}{shard}", f"ledger-state:{shard}", f"idempotent:{idempotency.key}" if idempotency else ""]
    arguments: list[Any] = [encoded(inbound), inbound.id, idempotency.body if idempotency else "", IDEMPOTENT_FOR]
    arguments += [settings().ledger_max, _PREFIX, SHARDS]
    for limit in limits:
        keys.append(f"limit:{limit.key}")
        arguments += [limit.count, limit.window, int(limit.refuses)]
    wanted = settings().redis_wait_replicas
    (outcome, sequence, wake, known_id, over, *told), copies = scripts.run_and_count(_ACCEPT, keys, arguments, wanted)
    if outcome == "limited":
        raise TooMany(limits[over - 1].name, told[2 * over - 1] / SECOND)
    if outcome == "full":
        raise LedgerFull
    if outcome == "mismatch":
        raise Invalid("Idempotency-Key", USED_BEFORE)
    standings = standings_of(limits, told)
    if copies < wanted:
        raise RedisAway("The message could not be copied to enough replicas; send it again with the same key.")
    return Accepted(known_id, int(sequence), outcome == "known", bool(wake), standings)


def entries(shard: int, count: int) -> list[Entry]:
    """The oldest entries of a shard, in sequence."""
    try:
        return [decoded(raw) for raw in redis().lrange(f"{_PREFIX}{shard}", 0, count - 1)]  # type: ignore[union-attr]
    except REDIS_ERRORS as error:
        raise RedisAway from error


def strike(shard: int, upto: int) -> int:
    """Removes what the database has. Returns how many entries are left."""
    return int(scripts.run(_STRIKE, [f"{_PREFIX}{shard}"], [upto]))


def find(order_key: str, message_id: str) -> Entry | None:
    """An inbound that is not yet in the database."""
    return next((entry for entry in _walk(shard_of(order_key)) if entry.inbound.id == message_id), None)


def heads() -> list[tuple[int, int]]:
    """(shard, sequence of its head) for every shard that holds something."""
    try:
        pipe = redis().pipeline(transaction=False)
        for shard in range(SHARDS):
            pipe.lindex(f"{_PREFIX}{shard}", 0)
        return [(shard, sequence_of(raw)) for shard, raw in enumerate(pipe.execute()) if raw]
    except REDIS_ERRORS as error:
        raise RedisAway from error


def check_writable() -> None:
    """Raises LedgerFull (no memory left), or RedisAway, also for a replica and for a disk that failed."""
    try:
        redis().set("ledger-writable", 1, ex=60)
    except OutOfMemoryError as error:
        raise LedgerFull from error
    except REDIS_ERRORS as error:
        raise RedisAway from error


def depth() -> int:
    """How many entries wait."""
    try:
        pipe = redis().pipeline(transaction=False)
        for shard in range(SHARDS):
            pipe.llen(f"{_PREFIX}{shard}")
        return sum(pipe.execute())
    except REDIS_ERRORS as error:
        raise RedisAway from error


def _walk(shard: int, step: int = 500) -> Iterator[Entry]:
    start = 0
    try:
        while raws := redis().lrange(f"{_PREFIX}{shard}", start, start + step - 1):
            yield from map(decoded, raws)  # type: ignore[arg-type]
            start += step
    except REDIS_ERRORS as error:
        raise RedisAway from error
