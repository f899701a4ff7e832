"""Who is asking: a visitor, a user, or a program with an API key."""

from __future__ import annotations

from dataclasses import dataclass

VISITOR, USER = "visitor", "user"


@dataclass(frozen=True)
class Principal:
    """Who is asking.

    A visitor: `id` is the contact's, `conversation_id` the one conversation the token opens. A user: `id` is the
    user's, with the device session and rights of the access token; or with the `scopes` of an API key.
    """

    kind: str
    id: str
    expires: float  # Unix seconds
    conversation_id: str = ""
    session_id: str = ""
    generation: int = 0
    is_superuser: bool = False
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None  # None: no API key, so everything
    network: str = ""  # where a socket comes from; a request knows its own

    @property
    def author_kind(self) -> str:
        """The kind of author that this principal is (see models.conversations.messages.THEIRS)."""
        return "contact" if self.kind == VISITOR else self.kind

    def may(self, permission: str) -> bool:
        """Whether a role permits it. Superusers may everything; an API key acts for its user, never with such rights."""
        return self.scopes is None and (self.is_superuser or permission in self.permissions)

    def has(self, scope: str) -> bool:
        """Whether an API key's scopes allow it; people are not limited by scopes."""
        return self.scopes is None or scope in self.scopes
