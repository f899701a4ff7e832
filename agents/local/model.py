"""The `local` model: quotes the documentation, and says so when it finds nothing there. It is no language model: it writes
nothing of its own, and the same question always gets the same answer. Decision 0005 explains its purpose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.knowledge.index import Hit, shipped
from agents.local import intent
from agents.local.excerpt import excerpt

ENOUGH_COVERAGE = 0.55  # of the question's weight of words; tuned with tests/agents/local/test_local_answers.py
ENOUGH_SCORE = 1.3
LONGEST_QUESTION = 2000  # characters; the rest is ignored
HOW_TO_USE = "How do I start and run it?"  # the meaning of “How do I use it?”

GREETING = (
    "Hello! I am Switchboard's built-in `local` model. I look up answers in the documentation and name the source. "
    "What would you like to know?"
)
ABOUT_ME = (
    "I am software: Switchboard's built-in `local` model. I search Switchboard's documentation and quote what fits, with "
    "its source. I am not a language model and make nothing up. Ask me, for example, “What is Switchboard?” or “How do I "
    "start it?”, and write “person” to ask for one."
)
THANKS = "You're welcome! Write again whenever you have a question."
UNKNOWN = (
    "I don't know. I am Switchboard's built-in `local` model and only answer from its documentation, where I found "
    "nothing about this. You can ask for a person: write “person”."
)
HANDED_OVER = (
    "I have noted that you want a person and will stay silent for them. "
    "If no one comes for a while, I will answer again."
)
HAND_OFF_TOOL = "hand_off"
HAND_OFF_REASON = "Asked for a person."


@dataclass(frozen=True)
class Reply:
    """The model's reply. `facts`: for the reader. `wants_person`: the person asked for a human."""

    content: str
    facts: Mapping[str, Any]
    wants_person: bool = False


def reply(messages: Sequence[Mapping[str, Any]]) -> Reply:
    """The reply to the last user message (OpenAI's format)."""
    questions = [_text(m["content"]) for m in messages if m.get("role") == "user" and m.get("content")]
    text = questions[-1] if questions else ""
    if intent.wants_person(text):
        return Reply(HANDED_OVER, {}, wants_person=True)
    for is_match, answer in _SMALL_TALK:
        if is_match(text):
            return Reply(answer, {"sources": []})
    hit, terms = _find(text, questions[-2] if len(questions) > 1 else "")
    if hit is None:
        return Reply(UNKNOWN, {"sources": [], "offers_person": True})
    section = hit.section
    content = f"{excerpt(section.text, terms)}\n\nSource: *{section.source}* (`{section.path}`)"
    return Reply(content, {"sources": [{"title": section.source, "path": section.path}]})


_SMALL_TALK = ((intent.greets, GREETING), (intent.thanks, THANKS), (intent.asks_about_me, ABOUT_ME))


def _text(content: object) -> str:
    """The text of a message, whose content may be a list of parts."""
    if isinstance(content, str):
        return content[:LONGEST_QUESTION]
    parts = content if isinstance(content, list) else []
    return " ".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))[:LONGEST_QUESTION]


def _find(text: str, previous: str) -> tuple[Hit | None, list[str]]:
    """The section that answers, and the terms that found it. A follow-up is combined with the previous question, but only if
    its own words are known, so that the previous subject cannot stand in for them."""
    if intent.asks_about_their_own(text):
        return None, []
    if intent.asks_how_to_use(text):
        text, previous = HOW_TO_USE, ""
    terms = shipped().terms(text)
    if previous and intent.follows_up(text) and shipped().coverage(terms) >= ENOUGH_COVERAGE:
        combined = [*terms, *terms, *shipped().terms(previous)]
        hit = _good(combined, coverage=0.25)
        if hit is not None:
            return hit, combined
    return _good(terms), terms


def _good(terms: Sequence[str], coverage: float = ENOUGH_COVERAGE) -> Hit | None:
    hits = shipped().find(terms, limit=1)
    is_good = hits and hits[0].coverage >= coverage and hits[0].score >= ENOUGH_SCORE
    return hits[0] if is_good else None
