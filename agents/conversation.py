"""The conversation agent: answers one message of a conversation, with tools, and hands over when a person is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from agents.completion import LOCAL, End, Message, Piece, Request, Text, ToolUse
from agents.knowledge.index import shipped
from agents.llm.fallback import Fallback
from agents.llm.models import models_for
from agents.llm.retries import RETRIES
from agents.llm.setup import lacks
from agents.prompts import prompt
from agents.protocol import Delta, Event, Final, Guard, HandOff, ModelCall, Question, Tool, ToolCall, unguarded
from agents.tools import HAND_OFF, SEARCH, HandOffWish, Toolbox
from models.errors import ModelUnavailable
from models.settings import settings
from models.texts import mended

ROUNDS = 5  # model calls per answer; the last one may not call tools
LONGEST_REPLY = 16_000  # characters, as many as a message may have
REFUSED = "I cannot help with that. You can ask for a person: write “person”."
HANDED_OVER = (
    "I have noted that you want a person and will stay silent for them. "
    "If no one comes for a while, I will answer again."
)
SEPARATOR = "\n\n"


@dataclass
class _Answer:
    """The state of one run: its text, and what the models have returned."""

    text: str = ""
    before: int = 0  # length of the text before this round
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
    """See `agents.protocol.Agent`. Thread-safe: the state of a run is local to it."""

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
        deadline = monotonic() + settings().agent_timeout
        fallback = Fallback(models_for(self.name, settings()), self._guard)
        toolbox = Toolbox(tools)
        messages = _messages(question)
        answer = _Answer()
        for rounds_left in reversed(range(ROUNDS)):
            request = Request(messages, toolbox.schemas, may_call=rounds_left > 0, timeout=settings().agent_timeout)
            yield from _round(fallback.pieces(request, deadline, alive), answer)
            if answer.end.refused:
                yield from _decline(answer)
            if answer.end.refused or not answer.uses:
                yield answer.final()
                return
            if (yield from _call_tools(answer, toolbox, messages)):
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
    """One answer of the models: text becomes deltas; tool uses and the end are stored in the answer."""
    answer.uses = []
    answer.before = len(answer.text)
    for piece in pieces:
        match piece:
            case Text(text) if len(answer.text) < LONGEST_REPLY:
                # It wrote text before it called a tool.
                separator = SEPARATOR if answer.before == len(answer.text) > 0 else ""
                yield answer.say(separator + text)
            case ModelCall():
                yield piece
            case ToolUse():
                answer.uses.append(piece)
            case End():
                answer.end = piece
                answer.facts.update(piece.facts)


def _decline(answer: _Answer) -> Iterator[Event]:
    yield answer.say(f"{SEPARATOR}{REFUSED}" if answer.text else REFUSED)
    answer.facts.update(offers_person=True, refused=True)


def _call_tools(answer: _Answer, toolbox: Toolbox, messages: list[Message]) -> Generator[Event, None, bool]:
    """Calls the requested tools and appends their results to the messages. Returns True when a person takes over."""
    messages.append(_assistant_turn(answer))
    for use in answer.uses:
        yield ToolCall(use.name)
        called = toolbox.call(use)
        if use.name == HAND_OFF and isinstance(called.arguments, HandOffWish):
            yield from _hand_over(called.arguments, answer)
            return True
        if use.name == SEARCH:
            _note_sources(answer, called.result)
        messages.append({"role": "tool", "tool_call_id": use.id, "content": called.result})
    return False


def _assistant_turn(answer: _Answer) -> Message:
    """The model's text and tool calls, as the next call must contain them."""
    calls = [
        {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}
        for use in answer.uses
    ]
    return {"role": "assistant", "content": answer.text[answer.before :].strip() or None, "tool_calls": calls}


def _hand_over(wish: HandOffWish, answer: _Answer) -> Iterator[Event]:
    if not answer.text:
        yield answer.say(wish.reply or HANDED_OVER)
    yield HandOff(wish.reason)
    answer.facts.update(handed_off=True)


def _note_sources(answer: _Answer, result: str) -> None:
    for passage in json.loads(result).get("results", ()):
        source = {"title": passage["source"], "path": passage["path"]}
        if source not in answer.sources:
            answer.sources.append(source)
