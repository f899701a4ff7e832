"""Publishing: one Lua script appends a batch to the streams and publishes it, or does nothing at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from channels.relay.events import Publication
from channels.relay.scripts import META_LIFE, STREAM_LIFE, new_epoch, run

__all__ = ["Publication", "encode", "ephemeral", "publish"]

STREAM_KEPT = 300


def publish(publications: Sequence[Publication]) -> None:
    """Publishes all of them, in this order, in one step. Raises RedisAway.

    After RedisAway nobody knows whether it happened: publish again with the same keys and versions. Needs one
    Redis (the script touches the keys of several topics), not a Redis Cluster.
    """
    if publications:
        run("publish", arguments_of(publications))


def arguments_of(publications: Sequence[Publication]) -> list[str | int | bytes]:
    """What the script is given."""
    arguments: list[str | int | bytes] = [new_epoch(), STREAM_LIFE, META_LIFE, STREAM_KEPT]
    for one in publications:
        of, number = (one.version.of, one.version.number) if one.version else ("", 0)
        arguments += (one.topic, one.key or "", int(one.history), encode(one.data), of, number)
    return arguments


def ephemeral(topic: str, data: Mapping[str, Any]) -> None:
    """Tells those who listen just now, and keeps nothing. Raises RedisAway."""
    publish([Publication(topic, data, history=False)])


def encode(data: Mapping[str, Any]) -> bytes:
    """Compact JSON on one line in UTF-8. A lone surrogate, which has no UTF-8, becomes a question mark."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
