"""The worker's circuit breaker around each call of a provider's model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from models.errors import ModelError, ModelUnavailable
from tests.agents.conftest import Configure, Run, final_of
from tests.servers.openai import ModelServer
from tests.servers.openai_wire import DEFAULT_REPLY


class Watch:
    """A guard that notes what it sees, and may be open."""

    def __init__(self, open_for: str = "") -> None:
        self.seen: list[tuple[str, str]] = []
        self.open_for = open_for

    @contextmanager
    def __call__(self, model: str) -> Iterator[None]:
        if model == self.open_for:
            raise ModelUnavailable("The breaker is open.", retry_after=3)
        try:
            yield
        except ModelError as error:
            self.seen.append((model, error.kind))
            raise
        self.seen.append((model, "success"))


def test_the_guard_sees_each_call(remote: Configure, server: ModelServer, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-500", LLM_FALLBACKS="openai/behave-normal")
    watch = Watch()
    run(guard=watch)
    assert watch.seen == [("openai/behave-500", "unavailable"), ("openai/behave-normal", "success")]


def test_an_open_guard_spares_the_model_and_the_next_is_asked(remote: Configure, server: ModelServer, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-500", LLM_FALLBACKS="openai/behave-normal")
    watch = Watch(open_for="openai/behave-500")
    assert final_of(run(guard=watch)).content == DEFAULT_REPLY
    assert [r["model"] for r in server.requests] == ["behave-normal"]


def test_the_guard_sees_a_time_out(remote: Configure, run: Run) -> None:
    remote(LLM_MODEL="openai/behave-stall", AGENT_TIMEOUT=0.4)
    watch = Watch()
    with pytest.raises(ModelError):
        run(guard=watch)
    assert watch.seen == [("openai/behave-stall", "timeout")]


def test_the_local_model_needs_no_guard(configure: Configure, run: Run) -> None:
    watch = Watch()
    run("What is Switchboard?", guard=watch)
    assert not watch.seen
