"""What providers and programs send to callbacks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ingress.http.forms import Content, Id, Strict


class SourcePath(BaseModel):
    """A webhook source's address: the name in INBOUND_SECRET_<SOURCE>, in lower case."""

    source: str


class Inbound(Strict):
    """What a webhook sender writes."""

    model_config = ConfigDict(extra="ignore", strict=True)

    text: Content
    conversation: Id | None = Field(None, description="A conversation_id that this source was given before")
    sender: str | None = Field(None, min_length=1, max_length=255)
