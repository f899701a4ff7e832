"""What a model lacks is known before anybody asks it, by the settings' names."""

from __future__ import annotations

import socket

import pytest

from agents import registry
from agents.llm.setup import UNKNOWN
from tests.agents.conftest import Configure


@pytest.fixture(autouse=True)
def offline(no_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks up a host fails the test: nothing may be asked here."""

    def refuse(host: object, *_: object, **__: object) -> None:
        raise AssertionError(f"{host} was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    ("name", "lack"),
    [
        ("openai/gpt-4o", "neither LLM_API_KEY nor OPENAI_API_KEY is set"),
        ("gpt-4o", "neither LLM_API_KEY nor OPENAI_API_KEY is set"),
        ("anthropic/claude-sonnet-4-5", "neither LLM_API_KEY nor ANTHROPIC_API_KEY is set"),
        ("gemini/gemini-1.5-flash", "none of LLM_API_KEY, GOOGLE_API_KEY and GEMINI_API_KEY is set"),
        ("mistral/mistral-small-latest", "neither LLM_API_KEY nor MISTRAL_API_KEY is set"),
        ("groq/llama-3.1-8b-instant", "neither LLM_API_KEY nor GROQ_API_KEY is set"),
        ("sambanova/a-model", "neither LLM_API_KEY nor SAMBANOVA_API_KEY is set"),
        (
            "azure/gpt-4o",
            "neither LLM_API_KEY nor AZURE_API_KEY is set, and neither LLM_API_BASE nor AZURE_API_BASE is set",
        ),
        ("no-such-provider/a-model", UNKNOWN),
        ("bedrock/anthropic.claude-3-haiku-20240307-v1:0", ""),  # the machine may have a role
        ("vertex_ai/gemini-1.5-pro", ""),
        ("ollama_chat/llama3", ""),
        ("hosted_vllm/a-model", ""),
        ("github_copilot/gpt-4o", ""),
    ],
)
def test_what_a_model_lacks(name: str, lack: str, configure: Configure) -> None:
    configure(LLM_MODEL=name)
    assert registry.preload("conversation") == {name: lack}


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("openai/gpt-4o", "LLM_API_KEY"),
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_AUTH_TOKEN"),
        ("gemini/gemini-1.5-flash", "GEMINI_API_KEY"),
        ("together_ai/a-model", "TOGETHER_API_KEY"),
        ("perplexity/sonar", "PERPLEXITY_API_KEY"),
        ("sambanova/a-model", "SAMBANOVA_API_KEY"),
    ],
)
def test_a_model_with_its_key_lacks_nothing(name: str, variable: str, configure: Configure) -> None:
    configure(LLM_MODEL=name, **{variable: "a-key"})
    assert registry.preload("conversation") == {name: ""}


def test_an_empty_key_is_none(configure: Configure) -> None:
    configure(LLM_MODEL="openai/gpt-4o", OPENAI_API_KEY="")
    assert "OPENAI_API_KEY" in registry.preload("conversation")["openai/gpt-4o"]


def test_a_fallback_of_another_provider_needs_its_own_key(configure: Configure) -> None:
    configure(LLM_MODEL="openai/gpt-4o", LLM_API_KEY="a-key", LLM_FALLBACKS="anthropic/claude-sonnet-4-5,local")
    lacks = {"openai/gpt-4o": "", "anthropic/claude-sonnet-4-5": "ANTHROPIC_API_KEY is not set"}
    assert registry.preload("conversation") == lacks
