"""What an agent is: it reads a question and yields events. It never sends and never writes.

The worker hands an agent tools that are already bound to the asking person, publishes its deltas and records the
rest, so that an agent can be run again after a crash without doing anything twice.
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
    """What is asked: the text, the turns before it, and who may be told (for logs: ids, never content)."""

    message_id: str
    conversation_id: str
    content: str
    history: Sequence[Turn] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A tool bound to the asking person. `call` is idempotent for one (message, sequence): the worker records it."""

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
    """A tool was called; told for the trace."""

    name: str


@dataclass(frozen=True)
class ModelCall:
    """A provider's model was called, or spared because its guard was open; told for the log, the trace and the metrics.

    `kind` is that of the ModelError, None when the model answered."""

    model: str
    kind: str | None = None


@dataclass(frozen=True)
class HandOff:
    """The agent asks for a person to take over; the reply in `Final` is still sent."""

    reason: str


@dataclass(frozen=True)
class Final:
    """The whole reply, the last event. `metadata` holds facts for the reader: model, sources, offers_person."""

    content: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


Event = Delta | ToolCall | ModelCall | HandOff | Final


Guard = Callable[[str], AbstractContextManager[None]]
"""Stands around each call of a provider's model, by the model's name: the worker's circuit breaker. Entering raises
ModelError when the breaker is open. Leaving with a ModelError is the model's failure, without an error its success;
anything else (GeneratorExit when the worker stops listening) says nothing about the model. The local model is not
guarded: it makes no call."""


def unguarded(model: str) -> AbstractContextManager[None]:
    """The guard that lets every call pass."""
    return nullcontext()


class Agent(Protocol):
    """One agent = one file and one line in `agents.registry`."""

    name: str
    retries: Policies  # of a message that it could not answer

    def preload(self) -> Mapping[str, str]:
        """Loads what the first answer would else wait for (seconds). Makes no network call. Returns the providers' models
        by name with what each lacks, in words; "" for one that seems complete."""
        ...

    def run(self, question: Question, tools: Sequence[Tool], alive: Callable[[], None]) -> Iterator[Event]:
        """Yields events, `Final` last; the deltas joined are `Final.content`. Each call of a provider's model is a
        `ModelCall`; one that fails is told before another model is asked, or before the error is raised. Calls `alive`
        before each model call (the worker renews its lease there and raises when it is lost). Ends within AGENT_TIMEOUT
        seconds. Raises `models.errors.ModelError` when no model answers, also after deltas when the answer was cut: the
        reader drops them and the answer is begun anew."""
        ...
