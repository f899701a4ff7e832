"""The words of the relay: what is published, where a reader stands, and what a listener gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Version:
    """Which state of a thing a publication tells: `of` names the thing within its topic, `number` is its revision."""

    of: str
    number: int


@dataclass(frozen=True)
class Publication:
    """One event for one topic.

    `key` is for a fact that happens once, `version` for the newest state of a thing that changes; both make the
    publication idempotent for as long as the stream lives (24 h). A second publication with the same topic and key does
    nothing, nor does one whose version of the thing is not newer than the newest that the topic has seen. Centrifugo
    drops old versions in the same way (https://centrifugal.dev/docs/server/server_api#publish).
    `history=False` is for what is worthless later (deltas, typing): it gets no offset and is not kept.
    """

    topic: str
    data: Mapping[str, Any]
    key: str | None = None
    history: bool = True
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a topic's stream. Offsets of two epochs cannot be compared."""

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Position | None:
        """The position written as `<epoch>:<offset>`, or None when the text is none."""
        epoch, _, offset = text.rpartition(":")
        if not epoch or not offset.isascii() or not offset.isdigit() or len(offset) > 15:
            return None
        return cls(epoch, int(offset))


class Event:
    """One publication as it arrives: the payload is JSON in UTF-8, made once by the publisher and never made again.

    `position` is None for an event outside the history.
    """

    __slots__ = ("_encoded", "payload", "position", "topic")

    def __init__(self, topic: str, position: Position | None, payload: bytes) -> None:
        self.topic = topic
        self.position = position
        self.payload = payload
        self._encoded: dict[Callable[[Event], Any], Any] = {}

    def encoded(self, encode: Callable[[Event], T]) -> T:
        """`encode(self)`, computed once for all listeners of this process."""
        if encode not in self._encoded:
            self._encoded[encode] = encode(self)
        made: T = self._encoded[encode]
        return made

    @property
    def data(self) -> dict[str, Any]:
        """The payload, parsed once for all listeners: treat it as read-only."""
        return self.encoded(_parse)


def _parse(event: Event) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(event.payload)
    return parsed


class Listener(Protocol):
    """Whoever subscribes. Both methods are called by the process's one reader, so they must never wait."""

    def publication(self, event: Event) -> None:
        """The next event of the topic. Those with a position arrive in order and without a gap."""

    def lost(self) -> None:
        """Something was missed that the history no longer has. What follows starts at a new position."""
