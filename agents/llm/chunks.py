"""A stream's chunks (OpenAI's format, as LiteLLM gives them for every provider) as pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agents.completion import End, Piece, Text, ToolUse
from models.errors import ModelUnavailable

FILTERED = "content_filter"


def pieces(answer: Any) -> Iterator[Piece]:
    """The pieces of one stream of LiteLLM's, `End` last. Raises ModelUnavailable for a stream that was cut, or that
    ended without a word."""
    uses: dict[int, dict[str, str]] = {}
    spoke = refused = False
    for chunk in answer:
        if not chunk.choices:
            continue
        delta = chunk.choices[0].delta
        if delta.content:
            spoke = spoke or not delta.content.isspace()
            yield Text(delta.content)
        refused = refused or bool(getattr(delta, "refusal", None))
        for call in delta.tool_calls or ():
            _collect(uses, call)
    # The wrapper ends every stream with a finish_reason of its own; what the provider sent is kept here.
    finish = answer.received_finish_reason or answer.intermittent_finish_reason
    if finish is None:
        raise ModelUnavailable("The answer broke off before its end.")
    yield from (ToolUse(use["id"] or f"call_{index}", use["name"], use["arguments"]) for index, use in uses.items())
    if not (spoke or uses or refused or finish == FILTERED):
        raise ModelUnavailable("The model ended without an answer.")
    yield End(refused=refused or finish == FILTERED)


def _collect(uses: dict[int, dict[str, str]], call: Any) -> None:
    """Calls come in fragments: id and name once, the arguments in pieces."""
    use = uses.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
    use["id"] = use["id"] or call.id or ""
    use["name"] = use["name"] or call.function.name or ""
    use["arguments"] += call.function.arguments or ""
