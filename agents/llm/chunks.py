"""The chunks of a stream (OpenAI's format, which LiteLLM uses for every provider) as pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agents.completion import End, Piece, Text, ToolUse
from models.errors import ModelUnavailable

FILTERED = "content_filter"


def pieces(stream: Any) -> Iterator[Piece]:
    """The pieces of one LiteLLM stream, `End` last. Raises ModelUnavailable for a stream that was cut or has no content."""
    uses: dict[int, dict[str, str]] = {}
    has_text = is_refused = False
    for chunk in stream:
        if not chunk.choices:
            continue
        delta = chunk.choices[0].delta
        if delta.content:
            has_text = has_text or not delta.content.isspace()
            yield Text(delta.content)
        is_refused = is_refused or bool(getattr(delta, "refusal", None))
        for call in delta.tool_calls or ():
            _collect(uses, call)
    # LiteLLM's wrapper ends every stream with its own finish_reason; these attributes have the provider's.
    finish = stream.received_finish_reason or stream.intermittent_finish_reason
    if finish is None:
        raise ModelUnavailable("The answer broke off before its end.")
    yield from (ToolUse(use["id"] or f"call_{index}", use["name"], use["arguments"]) for index, use in uses.items())
    if not (has_text or uses or is_refused or finish == FILTERED):
        raise ModelUnavailable("The model ended without an answer.")
    yield End(refused=is_refused or finish == FILTERED)


def _collect(uses: dict[int, dict[str, str]], call: Any) -> None:
    """Adds a fragment of a tool call: id and name come once, the arguments in pieces."""
    use = uses.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
    use["id"] = use["id"] or call.id or ""
    use["name"] = use["name"] or call.function.name or ""
    use["arguments"] += call.function.arguments or ""
