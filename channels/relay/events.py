"""The types of the relay: publications, positions, events and listeners."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version:
    """The state that a publication describes. `of`: the thing's name within its topic; `number`: its revision."""

    of: str
    number: int


@dataclass(frozen=True)
class Publication:
    """One event for one topic.

    `key` is for a fact that happens once, `version` for the newest state of a thing that changes. Both make the publication
    idempotent while the stream lives (24 h): a second publication with the same topic and key does nothing, nor does one
    whose version is not newer than the newest in the topic. Centrifugo drops old versions in the same way
    (https://centrifugal.dev/docs/server/server_api#publish).
    `history=False` is for events that are worthless later (deltas, typing): they have no offset and are not stored.
    """

    topic: str
    data: Mapping[str, Any]
    key: str | None = None
    history: bool = True
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a topic's stream. Offsets of different epochs cannot be compared."""

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """The position in `<epoch>:<offset>`; None when the text is no position."""
        epoch, _, offset = text.rpartition(":")
        if not epoch or not offset.isascii() or not offset.isdigit() or len(offset) > 15:
            return None
        return cls(epoch, int(offset))


class Event:
    """A publication as it arrives. The payload is JSON in UTF-8, encoded once, by the publisher.

    `position` is None for an event outside the history.
    """

    __slots__ = ("_encoded", "payload", "position", "topic")

    def __init__(self, topic: str, position: Position | None, payload: bytes) -> None:
        self.topic = topic
        self.position = position
        self.payload = payload
        self._encoded: dict[Callable[[Event], Any], Any] = {}

    def encoded(self, encode: Callable[[Event], T]) -> T:
        """The result of `encode(self)`, computed once for all listeners of this process."""
        if encode not in self._encoded:
            self._encoded[encode] = encode(self)
        result: T = self._encoded[encode]
        return result

    @property
    def data(self) -> dict[str, Any]:
        """The payload, parsed once for all listeners. Read-only."""
        return self.encoded(_parse)


def _parse(event: Event) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(event.payload)
    return parsed


class Listener(Protocol):
    """A subscriber of topics. Its methods are called by the process's only reader, so they must never block."""

    def publication(self, event: Event) -> None:
        """Receives the next event of the topic. Events with a position arrive in order and without gaps."""

    def lost(self) -> None:
        """Is called when events were missed that the history no longer has. What follows starts at a new position."""
