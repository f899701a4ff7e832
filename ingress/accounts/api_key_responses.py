"""What users receive about API keys."""

from __future__ import annotations

from pydantic import BaseModel

from models.views import Timestamp, Uuid


class ApiKey(BaseModel):
    """An API key without its secret."""

    id: Uuid
    name: str
    scopes: list[str]
    created_at: Timestamp
    last_used_at: Timestamp | None


class NewApiKey(ApiKey):
    """An API key with its secret, this once."""

    key: str


class ApiKeys(BaseModel):
    """All of one's keys, the newest first."""

    items: list[ApiKey]
    next: None
