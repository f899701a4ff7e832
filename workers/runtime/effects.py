"""What follows a commit: events to publish, and stages to wake. Doing it twice harms nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from channels.relay.events import Publication
from channels.relay.publish import publish
from workers.runtime import wakes
from workers.runtime.wakes import Wake


@dataclass(frozen=True)
class Effects:
    """The events and wake-ups of one commit."""

    events: Sequence[Publication] = ()
    wakes: Sequence[Wake] = ()


def perform(steps: Iterable[Effects]) -> None:
    """Performs the effects of each step before the step goes on. Raises RedisAway: the steps that follow are not taken.

    A step that yields after its commit goes on only once its events are out. What it does then (striking entries,
    giving a lease back) says that nothing of it is left to do.
    """
    for effects in steps:
        publish(effects.events)
        wakes.send(effects.wakes)
