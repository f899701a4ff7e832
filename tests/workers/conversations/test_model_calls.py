"""A model that fails is told of in the log, the trace and the metrics, also where a fallback answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, update
from sqlmodel import Session

from ingress import create_app
from ingress.conversations import queries
from models import ledger
from models.conversations.conversations import conversation
from models.store import database
from models.trail import DeadLetter
from tests.agents.conftest import KEY
from tests.models import samples
from tests.models.conversations.test_intake import stored
from tests.servers.openai import ModelServer, serving
from tests.servers.openai_wire import DEFAULT_REPLY
from tests.stores import Stores, environment, fresh
from workers.conversations import answer, receive

FIRST, SECOND = "openai/first", "openai/second"
QUESTION = "my secret is swordfish"
Configure = Callable[..., None]


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
def model() -> Iterator[ModelServer]:
    """Also loads LiteLLM, as a worker does at its start: on a busy machine that takes as long as an answer may."""
    from agents.llm import litellm

    litellm.preload()
    with serving() as server:
        yield server


@pytest.fixture
def configured(stores: Stores, model: ModelServer) -> Iterator[ModelServer]:
    """Two models one after another, both played by the server."""
    model.forget()
    chosen = {
        "LLM_MODEL": FIRST,
        "LLM_FALLBACKS": SECOND,
        "LLM_API_BASE": model.url,
        "LLM_API_KEY": KEY,
        "AGENT_TIMEOUT": "120",
    }
    with environment(**chosen):
        yield model


def ask() -> tuple[str, str]:
    """A message that was received: (conversation id, message id)."""
    conversation_id, contact_id = samples.conversation()
    inbound = samples.inbound(conversation_id, contact_id, QUESTION)
    ledger.accept(inbound)
    receive.receive(ledger.shard_of(conversation_id))
    return conversation_id, inbound.id


def try_again(conversation_id: str) -> None:
    """Tries to answer now, whenever it is due."""
    with database.session() as db:
        db.execute(update(conversation).where(conversation.c.id == conversation_id).values(retry_at=0))
    answer.answer([conversation_id])


def steps(conversation_id: str, message_id: str) -> list[tuple[str, int, str, str | None]]:
    """The trace after `receive`: step, try, outcome, and the model if it is one's."""
    trace = queries.trace(conversation_id, message_id)[2:]
    return [(step["step"], step["try"], step["outcome"], step.get("model")) for step in trace]


def counts() -> dict[tuple[str, ...], int]:
    """The metric, read where Prometheus reads it: model, kind, outcome → count."""
    text = create_app().test_client().get("/metrics").get_data(as_text=True)
    found = re.findall(r'^switchboard_model_calls_total\{kind="(.*)",model="(.*)",outcome="(.*)"\} (\S+)', text, re.M)
    return {(model, kind, outcome): int(float(number)) for kind, model, outcome, number in found}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        r.getMessage()
        for r in caplog.records
        if r.name == "workers.conversations.model_calls" and r.levelno == logging.WARNING
    ]


def letters(db: Session, message_id: str) -> list[DeadLetter]:
    return list(db.execute(select(DeadLetter).where(DeadLetter.message_id == message_id)).scalars())  # type: ignore[arg-type]


def test_a_fallback_that_answers_hides_no_failure(configured: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    conversation_id, message_id = ask()
    configured.behave("500")
    answer.answer([conversation_id])
    assert stored(conversation_id)[1].content == DEFAULT_REPLY
    assert steps(conversation_id, message_id) == [("model", 1, "unavailable", FIRST), ("answer", 1, "ok", None)]
    assert warnings(caplog) == [f"model {FIRST} failed (unavailable) at message {message_id}, try 1"]
    assert counts() == {(FIRST, "unavailable", "fallback"): 1, (SECOND, "ok", "answered"): 1}


def test_each_model_of_a_try_that_failed_is_told_of_once(
    configured: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    conversation_id, message_id = ask()
    configured.behave("500", "429")
    answer.answer([conversation_id])
    failed = [("model", 1, "unavailable", FIRST), ("model", 1, "rate_limited", SECOND)]
    assert steps(conversation_id, message_id) == [*failed, ("answer", 1, "rate_limited", None)]
    assert len(warnings(caplog)) == 2
    try_again(conversation_id)
    assert steps(conversation_id, message_id)[3:] == [("answer", 2, "ok", None)]
    assert counts() == {
        (FIRST, "unavailable", "retried"): 1,
        (SECOND, "rate_limited", "retried"): 1,
        (FIRST, "ok", "answered"): 1,
    }


def test_an_answer_that_was_cut_is_told_of(configured: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    conversation_id, message_id = ask()
    configured.behave("cut")
    answer.answer([conversation_id])
    assert steps(conversation_id, message_id)[0] == ("model", 1, "unavailable", FIRST)
    assert len(warnings(caplog)) == 1


def test_misconfigured_models_alone_are_not_tried_again(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    with environment(LLM_MODEL=FIRST, LLM_FALLBACKS="anthropic/claude-3", OPENAI_API_KEY="", ANTHROPIC_API_KEY=""):
        conversation_id, message_id = ask()
        answer.answer([conversation_id])
        asked, notice = stored(conversation_id)
        with database.reading() as db:
            (letter,) = letters(db, message_id)
        assert (asked.status, notice.author_kind) == ("failed", "system")
        assert letter.kind == "misconfigured"
        assert [step[2] for step in steps(conversation_id, message_id)] == ["misconfigured"] * 3
        assert len(warnings(caplog)) == 2
        assert counts() == {
            (FIRST, "misconfigured", "given_up"): 1,
            ("anthropic/claude-3", "misconfigured", "given_up"): 1,
        }


def test_a_model_that_is_spared_is_no_line_in_the_log(
    configured: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):  # so many failures open its breaker
        conversation_id, _ = ask()
        configured.behave("500")
        answer.answer([conversation_id])
    caplog.clear()
    conversation_id, message_id = ask()
    answer.answer([conversation_id])
    assert steps(conversation_id, message_id)[0] == ("model", 1, "paused", FIRST)
    assert warnings(caplog) == []
    assert counts()[FIRST, "paused", "fallback"] == 1


@pytest.mark.parametrize("behaviour", ["401", "500", "garbage"])
def test_neither_keys_nor_content_are_told(
    behaviour: str, configured: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    conversation_id, message_id = ask()
    configured.behave(behaviour)
    answer.answer([conversation_id])
    told = caplog.text + str(queries.trace(conversation_id, message_id)) + str(counts())
    assert KEY not in told
    assert "swordfish" not in told
