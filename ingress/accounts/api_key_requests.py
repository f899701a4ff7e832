"""What users send about API keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from ingress.http.forms import Name, Strict, meanings
from models.accounts.api_keys import SCOPES
from models.views import Uuid

Scope = Annotated[str, Field(json_schema_extra={"enum": list(SCOPES)})]


class NewKey(Strict):
    """An API key: what it is for, and what it may do."""

    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=100, description=meanings(SCOPES))


class KeyPath(BaseModel):
    """An API key's address."""

    key_id: Uuid
