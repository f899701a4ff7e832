"""What a deployment says of itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from models.views import Timestamp

State = str  # `ok`, `unused`, or in a word or two what is not well


class Health(BaseModel):
    """Every part by name and state."""

    ok: bool
    version: str
    parts: dict[str, State | dict[str, State]]


class Ready(BaseModel):
    """Messages can be accepted; `detail` names what is misconfigured, if anything is."""

    ready: bool
    detail: str | None = None


class Index(BaseModel):
    """What this is, and where things are."""

    name: str
    version: str
    links: dict[str, str]


class Progress(BaseModel):
    """How far it is, in percent."""

    progress: int


class InsightEvent(BaseModel):
    """A step on the way to an insight."""

    event_type: Literal["started", "agent_thinking", "agent_response", "tool_execution", "completed", "error"]
    timestamp: Timestamp
    agent_name: str
    message: str
    data: Progress
