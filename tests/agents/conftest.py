"""Settings for a test, a model server to misbehave, and an agent to ask."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import pytest

from agents import registry
from agents.protocol import Delta, Event, Final, Guard, Question, Tool, Turn, unguarded
from models import settings as settings_module
from tests.servers.openai import ModelServer, serving

KEY = "sk-very-secret-0123456789"
PROVIDERS = ("AWS_", "AZURE_", "GOOGLE_", "VERTEX", "WATSONX_", "WX_", "OPENAI_")
Configure = Callable[..., None]
Run = Callable[..., list[Event]]


@pytest.fixture(scope="session")
def _one_server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(_one_server: ModelServer) -> ModelServer:
    _one_server.forget()
    return _one_server


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Sets settings by their names, as the environment does."""

    def set_them(**values: object) -> None:
        for name, value in {"SECRET_KEY": "k" * 40, **values}.items():
            monkeypatch.setenv(name, str(value))
        settings_module.settings.cache_clear()

    for name in (
        "LLM_MODEL",
        "LLM_FALLBACKS",
        "LLM_API_BASE",
        "LLM_API_KEY",
        "LLM_MODEL_CONVERSATION",
        "OPENAI_API_KEY",
    ):
        monkeypatch.setenv(name, "")  # not deleted: a developer's .env would show through
    set_them()
    yield set_them
    settings_module.settings.cache_clear()


@pytest.fixture
def no_keys(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """No provider's key, address or login is set, and AWS asks no machine for one."""
    for name in [n for n in os.environ if n.startswith(PROVIDERS) or n.endswith(("_API_KEY", "_API_BASE", "_TOKEN"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def remote(configure: Configure, server: ModelServer) -> Configure:
    """The agents ask the model server; what is given changes settings on top of that."""

    def set_them(**values: object) -> None:
        base = {"LLM_MODEL": "openai/behave-normal", "LLM_API_BASE": server.url, "LLM_API_KEY": KEY}
        configure(**{**base, **values})

    set_them()
    return set_them


@pytest.fixture
def run() -> Run:
    """Runs the conversation agent to its end; the events in order."""

    def ask(
        content: str = "hello there model",
        history: Sequence[Turn] = (),
        tools: Sequence[Tool] = (),
        guard: Guard = unguarded,
        alive: Callable[[], None] = lambda: None,
    ) -> list[Event]:
        question = Question("m-1", "c-1", content, history)
        return list(registry.agent("conversation", guard).run(question, tools, alive))

    return ask


def final_of(events: Sequence[Event]) -> Final:
    """The last event, after checking what holds for every run: it is the only Final, and the deltas joined are it."""
    last = events[-1]
    assert isinstance(last, Final)
    assert not any(isinstance(event, Final) for event in events[:-1])
    assert "".join(event.text for event in events if isinstance(event, Delta)) == last.content
    return last


@pytest.fixture(scope="session", autouse=True)
def _loaded() -> None:
    """LiteLLM builds its types at their first use and warns of its own fields: once, here, where nobody looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", "k" * 40)
        patch.setenv("LLM_MODEL", "openai/test")
        settings_module.settings.cache_clear()
        registry.preload("conversation")
    settings_module.settings.cache_clear()
