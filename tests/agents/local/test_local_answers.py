"""What newcomers ask, and which document answers; what nobody should answer; and the words besides questions."""

from __future__ import annotations

import pytest

from agents.completion import End, Request, ToolUse
from agents.local import model
from agents.local.completion import ask
from agents.protocol import Delta, HandOff, ToolCall, Turn
from agents.tools import Toolbox
from tests.agents.conftest import Configure, Run, final_of
from tests.agents.local.questions import ANSWERED, NO_WISHES, UNANSWERED, WISHES


def asked(*texts: str) -> model.Reply:
    roles = ["user" if (len(texts) - n) % 2 else "assistant" for n in range(len(texts))]
    return model.reply([{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)])


@pytest.mark.parametrize(("question", "source"), ANSWERED)
def test_a_newcomers_question_finds_its_document(question: str, source: str) -> None:
    said = asked(question)
    assert source in said.content.rsplit("Source:", 1)[-1], said.content
    assert not said.facts.get("offers_person")


@pytest.mark.parametrize("question", UNANSWERED)
def test_what_it_does_not_know_it_says(question: str) -> None:
    said = asked(question)
    assert said.content == model.UNKNOWN
    assert said.facts["offers_person"] is True


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_for_a_person_is_understood(text: str) -> None:
    assert asked(text).wants_person


@pytest.mark.parametrize("text", NO_WISHES)
def test_a_word_about_persons_is_no_wish_for_one(text: str) -> None:
    assert not asked(text).wants_person


@pytest.mark.parametrize("text", ["hi", "Hello!", "hey there", "good morning", "Hi, how are you?"])
def test_greetings(text: str) -> None:
    assert asked(text).content == model.GREETING


@pytest.mark.parametrize("text", ["thanks", "Thank you very much!", "ok thanks", "great, thx", "bye"])
def test_thanks(text: str) -> None:
    assert asked(text).content == model.THANKS


@pytest.mark.parametrize(
    "text",
    ["who are you?", "are you a bot?", "am I talking to a human? are you real", "What can you do?", "what is this?"],
)
def test_it_says_what_it_is(text: str) -> None:
    assert asked(text).content == model.ABOUT_ME


@pytest.mark.parametrize(
    ("before", "question", "source"),
    [
        ("How do I start it?", "and on several machines?", "several machines"),
        ("What happens when Redis is down?", "and the database?", "the database is down"),
        ("Which SDKs are there?", "what about python?", "Which SDKs are there"),
        ("How is a webhook signed?", "and if it comes twice?", "same webhook comes twice"),
        ("Can messages get lost?", "How do I use it?", "How do I start and run it"),
        ("What is the capital of France?", "and how do I use this?", "How do I start and run it"),
    ],
)
def test_a_short_follow_up_leans_on_the_question_before(before: str, question: str, source: str) -> None:
    said = asked(before, asked(before).content, question)
    assert source in said.content.rsplit("Source:", 1)[-1], said.content


def test_the_question_before_does_not_vouch_for_an_off_topic_follow_up() -> None:
    assert asked("How do I start it?", "…", "and the capital of France?").content == model.UNKNOWN


def test_answers_are_short_and_well_formed() -> None:
    for question, _ in ANSWERED:
        said = asked(question).content
        assert len(said) < 900
        assert said.count("```") % 2 == 0
        assert "<!--" not in said


def test_the_agent_says_who_answered_and_from_where(configure: Configure, run: Run) -> None:
    said = final_of(run("What is Switchboard?"))
    assert said.metadata["model"] == "local"
    assert said.metadata["sources"][0]["path"] == "agents/knowledge/what-it-is.md"


def test_asking_for_a_person_hands_over(configure: Configure, run: Run) -> None:
    events = run("I want to talk to a human", [Turn("user", "hi"), Turn("assistant", model.GREETING)])
    assert [type(event) for event in events[:3]] == [ToolCall, Delta, HandOff]
    assert final_of(events).content == model.HANDED_OVER


def test_the_same_question_always_gets_the_same_answer(configure: Configure, run: Run) -> None:
    assert run("How do I use RabbitMQ?") == run("How do I use RabbitMQ?")


def test_in_the_last_round_a_wish_for_a_person_is_a_call_too() -> None:
    """Else it would promise a person whom nobody has called."""
    request = Request([{"role": "user", "content": "person"}], Toolbox(()).schemas, may_call=False)
    assert [type(piece) for piece in ask(request)] == [ToolUse, End]
