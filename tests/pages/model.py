"""What the pages' tests want the model to do beyond what it can do already."""

from __future__ import annotations

import threading
from typing import Any

from tests.servers.openai import Handler, ModelServer
from tests.servers.openai_behaviours import BEHAVIOURS
from tests.servers.openai_wire import chunk, words

LONGEST = 60.0
TRIES = 4  # a slow machine may let the time for one answer run out while the test still looks at it
PACE = 0.1  # seconds between two words: longer than pieces are gathered before they are published


def teach() -> None:
    """Adds the behaviours below."""
    BEHAVIOURS["paused"] = _paused


def pause(model: ModelServer, asked: str, text: str) -> threading.Event:
    """Whoever asks this gets half of the text, and the rest once the event is set."""
    go_on = threading.Event()
    model.behave(*[{"name": "paused", "asked": asked, "text": text, "go_on": go_on}] * TRIES)
    return go_on


def _paused(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    parts = words(behaviour)
    half = len(parts) // 2
    to.begin_stream()
    for part in parts[:half]:
        to.event(chunk(request, {"content": part}))
        to.wait(PACE)
    behaviour["go_on"].wait(LONGEST)
    for part in parts[half:]:
        to.event(chunk(request, {"content": part}))
    to.event(chunk(request, {}, "stop"))
    to.event("[DONE]")
