"""The conversation agent: answers one message of a conversation, with tools, and hands over when a person is wanted."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from agents.completion import LOCAL, End, Message, Piece, Request, Text, ToolUse
from agents.knowledge.index import shipped
from agents.llm.fallback import Chain
from agents.llm.models import models_for
from agents.llm.retries import RETRIES
from agents.llm.setup import lacks
from agents.prompts import prompt
from agents.protocol import Delta, Event, Final, Guard, HandOff, ModelCall, Question, Tool, ToolCall, unguarded
from agents.tools import HAND_OFF, SEARCH, HandOffWish, Toolbox
from models.errors import ModelUnavailable
from models.settings import settings
from models.texts import mended

ROUNDS = 5  # model calls for one answer; in the last one no tool may be called
LONGEST_REPLY = 16_000  # characters, as many as a message may have
REFUSED = "I cannot help with that. You can ask for a person: write “person”."
HANDED_OVER = (
    "I have noted that you want a person and will stay silent for them. "
    "If no one comes for a while, I will answer again."
)
PARTED = "\n\n"


@dataclass
class _Answer:
    """What has been said and learnt so far in one run."""

    text: str = ""
    before: int = 0  # how long the text was before this round
    sources: list[dict[str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    uses: list[ToolUse] = field(default_factory=list)
    end: End = field(default_factory=End)

    def say(self, text: str) -> Delta:
        text = mended(text)[: LONGEST_REPLY - len(self.text)]
        self.text += text
        return Delta(text)

    def final(self) -> Final:
        return Final(self.text, {"sources": self.sources, **self.facts})


class ConversationAgent:
    """See `agents.protocol.Agent`. Safe for several threads: what belongs to a run is made in the run."""

    name = "conversation"
    retries = RETRIES

    def __init__(self, guard: Guard = unguarded) -> None:
        self._guard = guard

    def preload(self) -> dict[str, str]:
        prompt(self.name)
        shipped()
        if any(model.name != LOCAL for model in models_for(self.name, settings())):
            from agents.llm import litellm  # noqa: PLC0415 - takes seconds to import, and 180 MB

            litellm.preload()
        return lacks(self.name, settings())

    def run(self, question: Question, tools: Sequence[Tool], alive: Callable[[], None]) -> Iterator[Event]:
        until = monotonic() + settings().agent_timeout
        chain = Chain(models_for(self.name, settings()), self._guard)
        toolbox = Toolbox(tools)
        messages = _messages(question)
        answer = _Answer()
        for left in reversed(range(ROUNDS)):
            request = Request(messages, toolbox.schemas, may_call=left > 0, timeout=settings().agent_timeout)
            yield from _round(chain.pieces(request, until, alive), answer)
            if answer.end.refused:
                yield from _declined(answer)
            if answer.end.refused or not answer.uses:
                yield answer.final()
                return
            if (yield from _tools_called(answer, toolbox, messages)):
                yield answer.final()
                return
        raise ModelUnavailable("The model called tools and never answered.")


def _messages(question: Question) -> list[Message]:
    """The prompt, the last CHAT_HISTORY_MAX turns, and the question."""
    turns = question.history[-settings().chat_history_max :]
    return [
        {"role": "system", "content": prompt("conversation")},
        *({"role": turn.role, "content": turn.content} for turn in turns),
        {"role": "user", "content": question.content},
    ]


def _round(pieces: Iterator[Piece | ModelCall], answer: _Answer) -> Iterator[Event]:
    """One answer of the models: its words as deltas, its calls and its end noted in the answer."""
    answer.uses = []
    answer.before = len(answer.text)
    for piece in pieces:
        match piece:
            case Text(text) if len(answer.text) < LONGEST_REPLY:
                parted = PARTED if answer.before == len(answer.text) > 0 else ""  # it spoke before it called a tool
                yield answer.say(parted + text)
            case ModelCall():
                yield piece
            case ToolUse():
                answer.uses.append(piece)
            case End():
                answer.end = piece
                answer.facts.update(piece.facts)


def _declined(answer: _Answer) -> Iterator[Event]:
    yield answer.say(f"{PARTED}{REFUSED}" if answer.text else REFUSED)
    answer.facts.update(offers_person=True, refused=True)


def _tools_called(answer: _Answer, toolbox: Toolbox, messages: list[Message]) -> Generator[Event, None, bool]:
    """Calls what the model asked for and notes it in the messages. Returns True when a person takes over."""
    messages.append(_as_asked(answer))
    for use in answer.uses:
        yield ToolCall(use.name)
        called = toolbox.call(use)
        if use.name == HAND_OFF and isinstance(called.arguments, HandOffWish):
            yield from _handed_over(called.arguments, answer)
            return True
        if use.name == SEARCH:
            _note_sources(answer, called.told)
        messages.append({"role": "tool", "tool_call_id": use.id, "content": called.told})
    return False


def _as_asked(answer: _Answer) -> Message:
    """What the model said and called, as it has to see it again."""
    calls = [
        {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}
        for use in answer.uses
    ]
    return {"role": "assistant", "content": answer.text[answer.before :].strip() or None, "tool_calls": calls}


def _handed_over(wish: HandOffWish, answer: _Answer) -> Iterator[Event]:
    if not answer.text:
        yield answer.say(wish.reply or HANDED_OVER)
    yield HandOff(wish.reason)
    answer.facts.update(handed_off=True)


def _note_sources(answer: _Answer, told: str) -> None:
    for found in json.loads(told).get("results", ()):
        source = {"title": found["source"], "path": found["path"]}
        if source not in answer.sources:
            answer.sources.append(source)
