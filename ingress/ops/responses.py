"""What a deployment says of itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class Health(BaseModel):
    """Every part by name and state."""

    ok: bool
    version: str
    parts: dict[str, Any]


class Ready(BaseModel):
    """Messages can be accepted; `detail` names what is misconfigured, if anything is."""

    ready: bool
    detail: str | None = None
