"""Honest resume: exactly what was missed since a position, or the word that it cannot be told."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from channels.relay.events import Event, Position
from channels.relay.scripts import META_LIFE, new_epoch, run

__all__ = ["Missed", "Position", "positions", "since"]

READ_AT_MOST = 500
_turns = threading.BoundedSemaphore(16)  # a thousand clients that come back at once queue here, not at the pool


@dataclass(frozen=True, slots=True)
class Missed:
    """`recovered`: the events are all that came behind the asked position. `position` is always the newest."""

    recovered: bool
    position: Position
    events: tuple[Event, ...] = ()


def since(topic: str, position: Position, limit: int = READ_AT_MOST) -> Missed:
    """What was published behind the position. Raises RedisAway.

    Not recovered when the epoch differs, when the stream was trimmed or has expired, when more than `limit` are
    missing, or when the position lies in the future.
    """
    arguments: list[str | int | bytes] = [new_epoch(), META_LIFE, topic, position.epoch, position.offset, limit]
    with _turns:
        epoch, offset, entries = run("since", arguments)
    top = Position(epoch, offset)
    offsets = [int(entry_id.partition("-")[0]) for entry_id, _ in entries]
    if epoch != position.epoch or offsets != list(range(position.offset + 1, offset + 1)) or position.offset > offset:
        return Missed(False, top)
    found = zip(offsets, entries, strict=True)
    return Missed(True, top, tuple(Event(topic, Position(epoch, n), fields[1].encode()) for n, (_, fields) in found))


def positions(topics: Sequence[str]) -> list[Position]:
    """Where the streams stand now, in the order of the topics. Raises RedisAway."""
    with _turns:
        return [Position(epoch, offset) for epoch, offset in run("locate", [new_epoch(), META_LIFE, *topics])]
