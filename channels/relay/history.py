"""Honest resume: exactly what was missed since a position, or the statement that it cannot be recovered."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from channels.relay.events import Event, Position
from channels.relay.scripts import META_LIFE, new_epoch, run

__all__ = ["Missed", "Position", "positions", "since"]

READ_AT_MOST = 500
_turns = threading.BoundedSemaphore(16)  # a thousand clients that return at once wait here, not at the pool


@dataclass(frozen=True, slots=True)
class Missed:
    """The result of a resume. `recovered`: `events` are all that came after the position. `position`: the newest."""

    recovered: bool
    position: Position
    events: tuple[Event, ...] = ()


def since(topic: str, position: Position, limit: int = READ_AT_MOST) -> Missed:
    """Everything published after the position. Raises RedisAway.

    Not recovered when the epoch differs, when the stream was trimmed or has expired, when more than `limit` events are
    missing, or when the position lies in the future.
    """
    arguments: list[str | int | bytes] = [new_epoch(), META_LIFE, topic, position.epoch, position.offset, limit]
    with _turns:
        epoch, offset, entries = run("since", arguments)
    top = Position(epoch, offset)
    offsets = [int(entry_id.partition("-")[0]) for entry_id, _ in entries]
    if epoch != position.epoch or offsets != list(range(position.offset + 1, offset + 1)) or position.offset > offset:
        return Missed(False, top)
    numbered = zip(offsets, entries, strict=True)
    return Missed(
        True, top, tuple(Event(topic, Position(epoch, number), fields[1].encode()) for number, (_, fields) in numbered)
    )


def positions(topics: Sequence[str]) -> list[Position]:
    """The current positions of the streams, in the order of the topics. Raises RedisAway."""
    with _turns:
        return [Position(epoch, offset) for epoch, offset in run("locate", [new_epoch(), META_LIFE, *topics])]
