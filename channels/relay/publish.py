"""Publishing: one Lua script appends a batch to the streams and publishes it, or does nothing."""

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

    After RedisAway it is unknown whether it happened: publish again with the same keys and versions. Needs a single Redis,
    since the script touches the keys of several topics; not a Redis Cluster.
    """
    if publications:
        run("publish", arguments_of(publications))


def arguments_of(publications: Sequence[Publication]) -> list[str | int | bytes]:
    """The arguments for the script."""
    arguments: list[str | int | bytes] = [new_epoch(), STREAM_LIFE, META_LIFE, STREAM_KEPT]
    for publication in publications:
        of, number = (publication.version.of, publication.version.number) if publication.version else ("", 0)
        key, history = publication.key or "", int(publication.history)
        arguments += (publication.topic, key, history, encode(publication.data), of, number)
    return arguments


def ephemeral(topic: str, data: Mapping[str, Any]) -> None:
    """Publishes to current listeners only; nothing is stored. Raises RedisAway."""
    publish([Publication(topic, data, history=False)])


def encode(data: Mapping[str, Any]) -> bytes:
    """Compact JSON on one line in UTF-8. A lone surrogate, which UTF-8 cannot encode, becomes a question mark."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
