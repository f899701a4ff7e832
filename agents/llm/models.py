"""The models of an agent, in order, with their addresses and keys."""

from __future__ import annotations

from agents.completion import LOCAL, Model
from models.settings import Settings


def models_for(agent: str, settings: Settings) -> tuple[Model, ...]:
    """LLM_MODEL_<AGENT> or LLM_MODEL first, then LLM_FALLBACKS, without repetitions.

    LLM_API_BASE and LLM_API_KEY belong to one provider (LLM_MODEL's, or, when that is local, that of the first other
    model), so that a fallback never sends one provider's key to another. Other providers use their own names
    (ANTHROPIC_API_KEY …).
    """
    names = _names(agent, settings)
    return tuple(_model(name, takes_own_settings(name, agent, settings), settings) for name in names)


def takes_own_settings(name: str, agent: str, settings: Settings) -> bool:
    """Whether LLM_API_BASE and LLM_API_KEY are for this model of the agent."""
    remote = [n for n in (settings.llm_model, *_names(agent, settings)) if n != LOCAL]
    return name != LOCAL and bool(remote) and provider(name) == provider(remote[0])


def _names(agent: str, settings: Settings) -> list[str]:
    return list(dict.fromkeys((settings.llm_models.get(agent, settings.llm_model), *settings.llm_fallbacks)))


def provider(name: str) -> str:
    """`openai/gpt-4o` → `openai`. A bare name is OpenAI's, as in LiteLLM's documentation."""
    return name.partition("/")[0] if "/" in name else "openai"


def _model(name: str, owns_key: bool, settings: Settings) -> Model:
    if not owns_key:
        return Model(name)
    return Model(name, settings.llm_api_base or None, settings.llm_api_key or None)
