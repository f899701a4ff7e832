"""What a model can do wrong, over real HTTP, and what becomes of it."""

from __future__ import annotations

import logging
import time
import traceback

import pytest

from agents import registry
from agents.protocol import Delta, Event, Question
from models.errors import ModelError
from tests.agents.conftest import KEY, Configure, Run, final_of
from tests.servers.openai import ModelServer
from tests.servers.openai_wire import DEFAULT_REPLY


def failing(run: Run, content: str = "hello model") -> ModelError:
    with pytest.raises(ModelError) as caught:
        run(content)
    return caught.value


@pytest.mark.parametrize(
    ("behaviour", "kind", "permanent"),
    [
        ("500", "unavailable", False),
        ("503", "unavailable", False),
        ("garbage", "unavailable", False),
        ("empty", "unavailable", False),
        ("429", "rate_limited", False),
        ("401", "misconfigured", True),
        ("400", "misconfigured", True),
        ("not_found", "misconfigured", True),
    ],
)
def test_each_failure_has_its_kind(
    behaviour: str, kind: str, permanent: bool, remote: Configure, server: ModelServer, run: Run
) -> None:
    server.behave(behaviour)
    error = failing(run)
    assert (error.kind, error.permanent) == (kind, permanent)
    assert len(server.requests) == 1, "the libraries retry behind our back"


def test_nobody_there(remote: Configure, run: Run) -> None:
    remote(LLM_API_BASE="http://127.0.0.1:9/v1")
    assert failing(run).kind == "unavailable"


def test_retry_after_in_seconds(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave({"name": "429", "retry_after": 7})
    assert failing(run).retry_after == 7


def test_retry_after_as_a_date(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave({"name": "429", "retry_after": "date"})
    assert 15 < (failing(run).retry_after or 0) <= 20


def test_retry_after_that_makes_no_sense(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave({"name": "429", "retry_after": "soon"})
    assert failing(run).retry_after is None


@pytest.mark.parametrize("behaviour", ["silent", "slow", "stall", "drip"])
def test_silence_of_any_kind_ends_in_time(behaviour: str, remote: Configure, server: ModelServer, run: Run) -> None:
    remote(AGENT_TIMEOUT=0.6)
    server.behave(behaviour)
    began = time.monotonic()
    assert failing(run).kind == "timeout"
    assert time.monotonic() - began < 30  # it would be silent for an hour


@pytest.mark.parametrize("behaviour", ["cut", "reset"])
def test_a_cut_answer_is_an_error_after_its_words(behaviour: str, remote: Configure, server: ModelServer) -> None:
    remote(LLM_FALLBACKS="openai/behave-other")
    server.behave(behaviour)
    seen: list[Event] = []
    with pytest.raises(ModelError) as caught:
        seen.extend(registry.agent("conversation").run(Question("m", "c", "hello model"), [], lambda: None))
    assert (caught.value.kind, caught.value.permanent) == ("unavailable", False)
    assert len(server.requests) == 1, "half an answer cannot be finished by another model"


def test_words_before_a_cut_are_streamed(remote: Configure, server: ModelServer) -> None:
    server.behave("cut")
    events = registry.agent("conversation").run(Question("m", "c", "hello model"), [], lambda: None)
    assert isinstance(next(events), Delta)
    with pytest.raises(ModelError):
        list(events)


def test_the_next_model_is_asked_in_order(remote: Configure, server: ModelServer, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-500", LLM_FALLBACKS="openai/behave-401,openai/behave-normal,openai/behave-slow")
    final = final_of(run())
    assert final.content == DEFAULT_REPLY
    assert final.metadata["model"] == "openai/behave-normal"
    assert [r["model"] for r in server.requests] == ["behave-500", "behave-401", "behave-normal"]


def test_a_silent_model_leaves_time_for_the_next(remote: Configure, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-silent", LLM_FALLBACKS="openai/behave-normal", AGENT_TIMEOUT=1.5)
    assert final_of(run()).content == DEFAULT_REPLY


def test_the_local_model_can_be_the_last(remote: Configure, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-500", LLM_FALLBACKS="local")
    assert final_of(run("What is Switchboard?")).metadata["model"] == "local"


def test_an_agent_can_have_a_model_of_its_own(remote: Configure, server: ModelServer, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-500", LLM_MODEL_CONVERSATION="openai/behave-normal")
    run()
    assert [r["model"] for r in server.requests] == ["behave-normal"]


def test_when_all_fail_the_most_hopeful_error_names_all(remote: Configure, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-401", LLM_FALLBACKS="openai/behave-429,openai/behave-500")
    error = failing(run)
    assert (error.kind, error.permanent, error.retry_after) == ("rate_limited", False, 7)
    for told in (
        "openai/behave-401 (misconfigured)",
        "openai/behave-429 (rate_limited)",
        "openai/behave-500 (unavailable)",
    ):
        assert told in error.detail


def test_when_all_are_misconfigured_it_is_permanent(remote: Configure, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-401", LLM_FALLBACKS="openai/behave-not_found")
    assert failing(run).permanent


@pytest.mark.parametrize("behaviour", ["401", "500", "400", "garbage", "cut"])
def test_neither_keys_nor_content_are_in_errors_or_logs(
    behaviour: str, remote: Configure, server: ModelServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.behave(behaviour)
    error = failing(run, "my secret is swordfish")
    shown = "".join(traceback.format_exception(error)) + error.detail + caplog.text
    assert KEY not in shown
    assert "swordfish" not in shown
