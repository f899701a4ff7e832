"""The ledger: every accepted inbound stays in Redis until the database has it. A queue only says where to look.

An inbound goes to one of 16 shards by its order key. `accept` is a single script, so limits, idempotency, sequence and
entry are all stored before a caller gets 202, or none of them is.
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
    """A client's key within its scope, and the hash of the request's body."""

    key: str
    body: str


@dataclass(frozen=True)
class Accepted:
    """An accepted entry. `known`: this key was accepted before. `wake`: its shard needs a receiver."""

    id: str
    sequence: int
    known: bool
    wake: bool
    standings: tuple[Standing, ...] = ()


def shard_of(order_key: str) -> int:
    """The shard of an order key."""
    return zlib.crc32(order_key.encode()) % SHARDS


def accept(inbound: Inbound, limits: Sequence[Limit] = (), idempotency: Idempotency | None = None) -> Accepted:
    """Stores an inbound. Raises TooMany, LedgerFull, RedisAway; Invalid when a key is used again with another body."""
    shard = shard_of(inbound.order_key)
    limits = limits if settings().ratelimit_enabled else ()
    keys = [f"{_PREFIX}{shard}", f"ledger-state:{shard}", f"idempotent:{idempotency.key}" if idempotency else ""]
    arguments: list[Any] = [encoded(inbound), inbound.id, idempotency.body if idempotency else "", IDEMPOTENT_FOR]
    arguments += [settings().ledger_max, _PREFIX, SHARDS]
    for limit in limits:
        keys.append(f"limit:{limit.key}")
        arguments += [limit.count, limit.window, int(limit.refuses)]
    replicas = settings().redis_wait_replicas
    (outcome, sequence, wake, known_id, over, *numbers), copies = scripts.run_and_count(
        _ACCEPT, keys, arguments, replicas
    )
    if outcome == "limited":
        raise TooMany(limits[over - 1].name, numbers[2 * over - 1] / SECOND)
    if outcome == "full":
        raise LedgerFull
    if outcome == "mismatch":
        raise Invalid("Idempotency-Key", USED_BEFORE)
    standings = standings_of(limits, numbers)
    if copies < replicas:
        raise RedisAway("The message could not be copied to enough replicas; send it again with the same key.")
    return Accepted(known_id, int(sequence), outcome == "known", bool(wake), standings)


def entries(shard: int, count: int) -> list[Entry]:
    """The oldest entries of a shard, in sequence."""
    try:
        return [decoded(raw) for raw in redis().lrange(f"{_PREFIX}{shard}", 0, count - 1)]  # type: ignore[union-attr]
    except REDIS_ERRORS as error:
        raise RedisAway from error


def strike(shard: int, upto: int) -> int:
    """Removes the entries up to a sequence, which the database has. Returns how many are left."""
    return int(scripts.run(_STRIKE, [f"{_PREFIX}{shard}"], [upto]))


def find(order_key: str, message_id: str) -> Entry | None:
    """The entry of an inbound that is not in the database yet; None when there is none."""
    return next((entry for entry in _walk(shard_of(order_key)) if entry.inbound.id == message_id), None)


def heads() -> list[tuple[int, int]]:
    """(shard, sequence of its first entry) for every shard that is not empty."""
    try:
        pipe = redis().pipeline(transaction=False)
        for shard in range(SHARDS):
            pipe.lindex(f"{_PREFIX}{shard}", 0)
        return [(shard, sequence_of(raw)) for shard, raw in enumerate(pipe.execute()) if raw]
    except REDIS_ERRORS as error:
        raise RedisAway from error


def check_writable() -> None:
    """Raises LedgerFull (no memory left), RedisAway (also for a replica or a failed disk)."""
    try:
        redis().set("ledger-writable", 1, ex=60)
    except OutOfMemoryError as error:
        raise LedgerFull from error
    except REDIS_ERRORS as error:
        raise RedisAway from error


def depth() -> int:
    """The number of waiting entries."""
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
