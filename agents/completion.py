"""A call to one model and its answer, in our words. Messages and tools are in OpenAI's format, which LiteLLM accepts for
every provider (https://docs.litellm.ai/docs/completion/input)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LOCAL = "local"

Message = Mapping[str, Any]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Model:
    """A model by its LiteLLM name (`local` is ours), with the address and key from LLM_API_*, if they are for it."""

    name: str
    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Request:
    """One call. `timeout` (seconds): the longest silence on the wire. It is the same for every call of a deployment, since
    LiteLLM keeps one client with its connections per value."""

    messages: Sequence[Message]
    tools: Sequence[Schema] = ()
    may_call: bool = True
    timeout: float = 30.0


@dataclass(frozen=True)
class Text:
    """A further piece of the model's text."""

    text: str


@dataclass(frozen=True)
class ToolUse:
    """The model requests a tool call. `arguments`: what it wrote, normally JSON."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class End:
    """The last piece of a complete answer. `facts`: for the reader, such as the local model's sources."""

    refused: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


Piece = Text | ToolUse | End
