"""What is asked of one model and what comes back, in our words. Messages and tools are in OpenAI's format, which is
what LiteLLM takes for every provider (https://docs.litellm.ai/docs/completion/input)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LOCAL = "local"

Message = Mapping[str, Any]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Model:
    """A model by its LiteLLM name (`local` for ours), with the address and key that LLM_API_* give it, if any."""

    name: str
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Request:
    """One call. `timeout` (seconds) is the longest silence on the wire; it is the same for every call of a
    deployment, because LiteLLM keeps one client (and its connections) per value."""

    messages: Sequence[Message]
    tools: Sequence[Schema] = ()
    may_call: bool = True
    timeout: float = 30.0


@dataclass(frozen=True)
class Text:
    """A further piece of what the model says."""

    text: str


@dataclass(frozen=True)
class ToolUse:
    """The model wants a tool called. `arguments` is what it wrote: JSON, if all went well."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class End:
    """The last piece of a whole answer. `facts` are for the reader (the local model's sources)."""

    refused: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


Piece = Text | ToolUse | End
