"""Name → agent. An agent's module is imported when it is first asked for, so that importing this costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from agents.protocol import Agent, Guard, unguarded

AGENTS = {
    "conversation": "agents.conversation:ConversationAgent",
}


def agent(name: str, guard: Guard = unguarded) -> Agent:
    """The agent of that name, its model calls under `guard`. Raises KeyError for a name nobody has."""
    module, _, factory = AGENTS[name].partition(":")
    return cast(Agent, getattr(import_module(module), factory)(guard=guard))


def preload(name: str) -> Mapping[str, str]:
    """Loads an agent's models and knowledge (seconds), so that its first answer is as quick as any other. Returns what
    each of its models lacks."""
    return agent(name).preload()
