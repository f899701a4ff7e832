"""The protocol of agents: an agent reads a question and yields events. It never sends and never writes.

The worker hands an agent tools that are bound to the person who asks, publishes its deltas and records the rest. So an
agent can run again after a crash without doing anything twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from models.due.retries import Policies


@dataclass(frozen=True)
class Turn:
    """One earlier message of the conversation, oldest first in `Question.history`."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True)
class Question:
    """The question: its text and the earlier turns, with ids for logs, which never hold content."""

    message_id: str
    conversation_id: str
    content: str
    history: Sequence[Turn] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A tool bound to the person who asks. `call` is idempotent per (message, sequence), since the worker records it."""

    name: str
    description: str
    parameters: type[BaseModel]
    call: Callable[[BaseModel], BaseModel]


@dataclass(frozen=True)
class Delta:
    """A further piece of the reply's text."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """A tool was called. For the trace."""

    name: str


@dataclass(frozen=True)
class ModelCall:
    """A provider's model was called, or skipped because its guard was open. For log, trace and metrics.

    `kind` is that of the ModelError; None when the model answered."""

    model: str
    kind: str | None = None


@dataclass(frozen=True)
class HandOff:
    """The agent asks for a person. The reply in `Final` is still sent."""

    reason: str


@dataclass(frozen=True)
class Final:
    """The whole reply, the last event. `metadata` holds facts for the reader: model, sources, offers_person."""

    content: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


Event = Delta | ToolCall | ModelCall | HandOff | Final


Guard = Callable[[str], AbstractContextManager[None]]
"""A context around each call of a provider's model, by the model's name: the worker's circuit breaker. Entering raises
ModelError when the breaker is open. Leaving with a ModelError counts as a failure, without an error as a success;
anything else (GeneratorExit when the worker stops reading) counts as neither. The local model is not guarded."""


def unguarded(model: str) -> AbstractContextManager[None]:
    """A guard that lets every call pass."""
    return nullcontext()


class Agent(Protocol):
    """An agent is one file and one line in `agents.registry`."""

    name: str
    retries: Policies  # of messages that it could not answer

    def preload(self) -> Mapping[str, str]:
        """Loads what would delay the first answer (seconds). Calls no provider. Returns the providers' models by name with
        what each lacks, in words; "" when nothing is known to be missing."""
        ...

    def run(self, question: Question, tools: Sequence[Tool], alive: Callable[[], None]) -> Iterator[Event]:
        """Yields events, `Final` last; the joined deltas are `Final.content`.

        Each call of a provider's model is a `ModelCall`; a failed one is yielded before another model is called or the error
        is raised. Calls `alive` before each model call (there the worker renews its lease, and raises when it is lost).
        Ends within AGENT_TIMEOUT seconds. Raises `models.errors.ModelError` when no model answers, also after deltas when
        the answer was cut: then the reader drops them, and the answer starts again."""
        ...
