"""Who is told of a fact. An audience is a value, and each has one topic."""

from __future__ import annotations

from dataclasses import dataclass

CONVERSATION, USER = "conversation", "user"  # kinds of topics


@dataclass(frozen=True, slots=True)
class Followers:
    """Those who follow a conversation: the visitor or the user whose it is, and operators who read along."""

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
