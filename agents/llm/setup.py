"""What an agent's models lack before they can be called, as far as this is known without calling a provider."""

from __future__ import annotations

from agents.completion import LOCAL, Model
from agents.llm.models import models_for, takes_own_settings
from models.settings import Settings

UNKNOWN = "LiteLLM does not know this provider"


def lacks(agent: str, settings: Settings) -> dict[str, str]:
    """Each provider's model of the agent, with what it lacks in words; "" when nothing is known to be missing."""
    return {
        model.name: _lack(model, takes_own=takes_own_settings(model.name, agent, settings))
        for model in models_for(agent, settings)
        if model.name != LOCAL
    }


def _lack(model: Model, *, takes_own: bool) -> str:
    """What the model lacks. `takes_own`: LLM_API_KEY and LLM_API_BASE are for it, and may replace the provider's names."""
    from agents.llm import litellm  # noqa: PLC0415 - takes seconds to import

    missing = litellm.missing(model)
    if missing is None:
        return UNKNOWN
    parts = []
    for own_name in ("LLM_API_KEY", "LLM_API_BASE"):
        ending = own_name.removeprefix("LLM")
        their_names = [name for name in missing if name.endswith(ending)]
        if their_names:
            parts.append(_unset([own_name, *their_names] if takes_own else their_names))
    return ", and ".join(parts)


def _unset(names: list[str]) -> str:
    """`A is not set`, `neither A nor B is set`, `none of A, B and C is set`."""
    if len(names) == 1:
        return f"{names[0]} is not set"
    if len(names) == 2:
        return f"neither {names[0]} nor {names[1]} is set"
    return f"none of {', '.join(names[:-1])} and {names[-1]} is set"
