"""Hand-offs: who asked for a person, and why. Only operators see it; it is never logged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models.texts import is_blank, mended

REASON_MAX = 500  # characters
NONE = {"handoff_by": None, "handoff_reason": None}


@dataclass(frozen=True)
class HandOff:
    """`by`: the kind of author that asked: contact, user, agent or system."""

    by: str
    reason: str | None = field(default=None, repr=False)

    @property
    def values(self) -> dict[str, Any]:
        """Values for the conversation's columns. A reason from a model may be too long or blank."""
        reason = mended(self.reason or "").strip()[:REASON_MAX]
        return {"handoff_by": self.by, "handoff_reason": None if is_blank(reason) else reason}
