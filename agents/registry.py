"""Name → agent. An agent's module is imported at its first use, so that importing this module is cheap."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from agents.protocol import Agent, Guard, unguarded

AGENTS = {
    "conversation": "agents.conversation:ConversationAgent",
}


def agent(name: str, guard: Guard = unguarded) -> Agent:
    """The agent with this name; `guard` is around its model calls. Raises KeyError for an unknown name."""
    module, _, factory = AGENTS[name].partition(":")
    return cast(Agent, getattr(import_module(module), factory)(guard=guard))


def preload(name: str) -> Mapping[str, str]:
    """Loads an agent's models and knowledge (seconds), so that its first answer is not delayed. Returns what each lacks."""
    return agent(name).preload()
