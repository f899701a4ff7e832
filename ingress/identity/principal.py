"""The caller of a request or socket: a visitor, a user, or a program with an API key."""

from __future__ import annotations

from dataclasses import dataclass

VISITOR, USER = "visitor", "user"


@dataclass(frozen=True)
class Principal:
    """The caller.

    A visitor: `id` is that of the contact, `conversation_id` the only conversation that the token opens. A user: `id` is the
    user's, with the device session and rights of the access token, or with the `scopes` of an API key.
    """

    kind: str
    id: str
    expires: float  # Unix seconds
    conversation_id: str = ""
    session_id: str = ""
    generation: int = 0
    is_superuser: bool = False
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None  # None: no API key, so no restriction
    network: str = ""  # of a socket's client; a request knows its own

    @property
    def author_kind(self) -> str:
        """The kind of author that this principal is (see models.conversations.messages.THEIRS)."""
        return "contact" if self.kind == VISITOR else self.kind

    def may(self, permission: str) -> bool:
        """Whether the user's roles grant the permission. Superusers have every permission, API keys none."""
        return self.scopes is None and (self.is_superuser or permission in self.permissions)

    def has(self, scope: str) -> bool:
        """Whether an API key has the scope. People are not limited by scopes."""
        return self.scopes is None or scope in self.scopes
