"""What superusers receive, and what users receive about API keys: the response models of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ingress.accounts.responses import Role, User
from models.views import Timestamp, Uuid


class Users(BaseModel):
    """A page of users, in the order of their creation."""

    items: list[User]
    next: str | None


class Roles(BaseModel):
    """All of them, by name."""

    items: list[Role]
    next: None


class AuditEntry(BaseModel):
    """What was done: ids only, never names or secrets."""

    id: str
    at: Timestamp
    action: str
    actor: Uuid | None
    subject: str | None
    address: str | None
    detail: dict[str, Any]


class AuditEntries(BaseModel):
    """A page of the audit trail, the newest first."""

    items: list[AuditEntry]
    next: str | None
