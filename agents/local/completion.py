"""The `local` model with the interface of the others: a request in, pieces out. It answers at once, without a provider."""

from __future__ import annotations

import json
from collections.abc import Iterator

from agents.completion import End, Piece, Request, Text, ToolUse
from agents.local.model import HAND_OFF_REASON, HAND_OFF_TOOL
from agents.local.model import reply as local_reply


def ask(request: Request) -> Iterator[Piece]:
    """The answer in one piece, or a call of the hand-off tool."""
    answer = local_reply(request.messages)
    if answer.wants_person and request.tools:  # in the last round, too: it ends the turn
        yield ToolUse("call_0", HAND_OFF_TOOL, json.dumps({"reason": HAND_OFF_REASON, "reply": answer.content}))
    else:
        yield Text(answer.content)
    yield End(facts=answer.facts)
