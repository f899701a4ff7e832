"""The model fails in every way it has, over real HTTP: clients see honest events, one whole answer, or an honest word."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from models.settings import ROOT
from tests.acceptance import stored
from tests.acceptance.person import Person
from tests.acceptance.watching import watched
from tests.program import Program
from tests.servers.openai import ModelServer, serving
from tests.servers.openai_wire import DEFAULT_REPLY

TIMEOUT = 3.0


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def program(model: ModelServer) -> Iterator[Program]:
    settings = {"LLM_MODEL": "openai/first", "LLM_API_BASE": model.url, "LLM_API_KEY": "sk-test"}
    with Program(AGENT_TIMEOUT=str(TIMEOUT), **settings) as started:
        yield started


@pytest.fixture
def person(program: Program, model: ModelServer) -> Iterator[Person]:
    """A new conversation, a model that has forgotten its script and breakers that are closed."""
    _close_breakers(program)
    model.forget()
    with Person(program) as made:
        yield made


def _close_breakers(program: Program) -> None:
    with Redis(unix_socket_path=str(program.places.redis_socket)) as client:
        for key in client.scan_iter("breaker*"):
            client.delete(key)


def _letters(program: Program, *words: str) -> str:
    command = [sys.executable, "-m", "flask", "--app", "ingress", "dead-letters", *words]
    ran = subprocess.run(
        command, cwd=ROOT, env=program.environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _trace(person: Person, message: str) -> list[tuple[str, str]]:
    steps = person.get(f"/messages/{message}/trace").json()["steps"]
    return [(step["step"], step["outcome"]) for step in steps]


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [("500", "unavailable"), ("silent", "timeout"), ("stall", "timeout"), ("empty", "unavailable")],
)
def test_asked_again_after_a_failure(behaviour: str, kind: str, person: Person, model: ModelServer) -> None:
    model.behave(behaviour)
    asked = person.send("hello")
    reply = person.wait_reply(asked)
    assert reply["content"] == DEFAULT_REPLY
    assert len(model.requests) == 2
    assert _trace(person, asked)[2:] == [("model", kind), ("answer", kind), ("answer", "ok")]
    stored.check_each_once(person.program.settings.database_url, {person.id: person.sent})


@pytest.mark.parametrize("behaviour", ["cut", "reset"])
def test_cut_in_mid_stream(behaviour: str, person: Person, model: ModelServer) -> None:
    model.behave(behaviour)
    asked, events = watched(person, "hello")
    kinds = [event["type"] for event in events]
    restart = kinds.index("message.restarted")
    texts = {1: "", 2: ""}
    for event in events:
        if event["type"] == "message.delta":
            assert event["at"] == len(texts[event["try"]]), "a piece is missing"
            texts[event["try"]] += event["text"]
    assert texts[1] and DEFAULT_REPLY.startswith(texts[1]) and texts[1] != DEFAULT_REPLY
    assert texts[2] == DEFAULT_REPLY
    assert all(e["try"] == 1 for e in events[:restart] if e["type"] == "message.delta")
    assert events[restart]["try"] == 2
    created = [e["message"] for e in events if e["type"] == "message.created"]
    assert [(m["author"]["kind"], m["content"]) for m in created] == [("contact", "hello"), ("agent", DEFAULT_REPLY)]
    assert created[1]["id"] == events[restart]["message_id"]
    assert person.wait_reply(asked)["content"] == DEFAULT_REPLY


def test_retry_after_is_kept(person: Person, model: ModelServer) -> None:
    model.behave({"name": "429", "retry_after": 6})
    asked = person.send("hello")
    person.program.wait_until(lambda: model.requests, 10, "asked")
    person.program.wait_until(lambda: len(model.requests) > 1, 30, "asked again")
    assert model.times[1] - model.times[0] > 5.9, "asked again before the provider's time"
    assert person.wait_reply(asked)["content"] == DEFAULT_REPLY


@pytest.mark.parametrize("behaviour", ["refusal", "filtered"])
def test_refusal_is_said_and_a_person_offered(behaviour: str, person: Person, model: ModelServer) -> None:
    model.behave(behaviour)
    reply = person.wait_reply(person.send("something bad"))
    assert "person" in reply["content"]
    assert reply["metadata"]["offers_person"] is True
    assert len(model.requests) == 1


def test_every_model_fails_and_the_dead_letter_is_replayed(person: Person, model: ModelServer) -> None:
    program, url = person.program, person.program.settings.database_url
    model.behave(*["500"] * 4)
    asked, events = watched(person, "hello")
    (updated,) = [e["message"] for e in events if e["type"] == "message.updated"]
    assert (updated["id"], updated["status"]) == (asked, "failed")
    (notice,) = [m for m in person.messages() if m["author"]["kind"] == "system"]
    assert "could not answer" in notice["content"]
    assert notice["metadata"]["offers_person"] is True
    assert any(e["type"] == "message.created" and e["message"]["id"] == notice["id"] for e in events)
    (letter,) = stored.dead_letters(url, [person.id])
    assert (letter.message_id, letter.kind) == (asked, "unavailable")
    assert "openai/first (unavailable)" in letter.reason
    assert "sk-test" not in letter.reason and "hello" not in letter.reason, "what a provider echoes is kept"

    (line,) = [line for line in _letters(program, "list").splitlines() if "openai/first (unavailable)" in line]
    assert "Replayed." in _letters(program, "replay", line.split()[0])
    assert person.wait_reply(asked)["content"] == DEFAULT_REPLY
    assert person.get(f"/messages/{asked}").json()["status"] == "answered"
    assert line.split()[0] not in _letters(program, "list")
    assert _trace(person, asked)[2:] == [("model", "unavailable"), ("answer", "unavailable")] * 4 + [("answer", "ok")]


def test_breaker_gives_a_dead_model_a_pause(person: Person, model: ModelServer) -> None:
    """Five failures within half a minute open it; while it is open nobody asks, and behind it all is answered."""
    program = person.program
    model.behave(*["500"] * 5)
    people = [Person(program) for _ in range(5)]
    try:
        asked = [one.send("hello") for one in people]
        program.wait_until(lambda: len(model.requests) == 5, 20, "asked five times")
        program.wait_until(lambda: len(model.requests) > 5, 60, "asked again")
        assert model.times[5] - model.times[4] > 8, "the breaker let a call through"
        assert all(one.wait_reply(id_)["content"] == DEFAULT_REPLY for one, id_ in zip(people, asked, strict=True))
        assert time.monotonic() - model.times[4] < 60, "those who did not try first waited for long"
    finally:
        for one in people:
            one.http.close()


def test_fallback_answers(model: ModelServer) -> None:
    model.forget()
    settings = {"LLM_MODEL": "openai/behave-500", "LLM_FALLBACKS": "openai/second", "LLM_API_BASE": model.url}
    with Program(AGENT_TIMEOUT=str(TIMEOUT), LLM_API_KEY="sk-test", **settings) as program, Person(program) as person:
        reply = person.wait_reply(person.send("hello"))
        assert reply["content"] == DEFAULT_REPLY
        assert reply["metadata"]["model"] == "openai/second"
        assert [request["model"] for request in model.requests] == ["behave-500", "second"]
