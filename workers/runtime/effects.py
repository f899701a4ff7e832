"""Effects of a commit: events to publish and stages to wake. Performing them twice is harmless."""

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
    """Performs the effects of each step before the step continues. Raises RedisAway, and then takes no further step.

    A step that yields after its commit continues only once its events are published. So what it does then (removing
    entries, releasing a lease) marks the work as finished.
    """
    for effects in steps:
        publish(effects.events)
        wakes.send(effects.wakes)
