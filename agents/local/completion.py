"""The `local` model, asked as any other: a request goes in, pieces come out. It is there at once, and calls nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator

from agents.completion import End, Piece, Request, Text, ToolUse
from agents.local.model import HAND_OFF_REASON, HAND_OFF_TOOL, reply


def ask(request: Request) -> Iterator[Piece]:
    """The answer in one piece, or the call of the tool for a person, if there is one."""
    said = reply(request.messages)
    if said.wants_person and request.tools:  # in the last round, too: it ends the turn
        yield ToolUse("call_0", HAND_OFF_TOOL, json.dumps({"reason": HAND_OFF_REASON, "reply": said.content}))
    else:
        yield Text(said.content)
    yield End(facts=said.facts)
