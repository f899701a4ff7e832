"""Audiences: who receives a fact. Each is a value with one topic."""

from __future__ import annotations

from dataclasses import dataclass

CONVERSATION, USER = "conversation", "user"  # kinds of topics


@dataclass(frozen=True, slots=True)
class Followers:
    """Those who follow a conversation: its visitor or user, and operators who read along."""

    conversation_id: str

    @property
    def topic(self) -> str:
        """`conversation:<id>`."""
        return f"{CONVERSATION}:{self.conversation_id}"


@dataclass(frozen=True, slots=True)
class Devices:
    """All devices of a user, whichever conversation they show."""

    user_id: str

    @property
    def topic(self) -> str:
        """`user:<id>`."""
        return f"{USER}:{self.user_id}"


Audience = Followers | Devices
