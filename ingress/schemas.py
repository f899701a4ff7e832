"""What clients send: the models of the OpenAPI document."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.texts import fault_of_line, storable

Content = Annotated[str, Field(min_length=1, max_length=16_000, description="1 to 16,000 characters")]
Id = Annotated[str, Field(min_length=1, max_length=64)]


METADATA_MAX = 16_384  # bytes of JSON: it travels with every event about the message


def _small(metadata: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(metadata).encode()) > METADATA_MAX:
        raise ValueError(f"is longer than {METADATA_MAX} bytes of JSON")
    return metadata


def _storable(text: str) -> str:
    if not storable(text):
        raise ValueError("may not contain NUL or lone surrogates")
    return text


def _one_line(text: str) -> str:
    fault = fault_of_line(text)
    if fault:
        raise ValueError(fault)
    return text


OneLine = AfterValidator(_one_line)  # a name: it stands in the middle of other text, and must not rearrange it
Metadata = Annotated[dict[str, Any], AfterValidator(_small), Field(default_factory=dict)]


class Strict(BaseModel):
    """Unknown fields are refused: a typing mistake shall not pass for success."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Visit(Strict):
    """What a visitor says of themselves when opening a conversation; CONTACT_REQUIRED names what they must."""

    name: Annotated[str, OneLine] | None = Field(None, min_length=1, max_length=200)
    email: Annotated[str, OneLine] | None = Field(None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    phone: str | None = Field(None, max_length=32, pattern=r"^\+?[0-9 ()./-]{5,}$")
    metadata: Metadata


class NewMessage(Strict):
    """A message to a conversation."""

    content: Content
    client_message_id: Id | None = Field(None, description="Sending it again with the same id changes nothing")
    parent_id: Id | None = None
    metadata: Metadata


class ChatMessage(Strict):
    """The message of one call to `/api/chat`."""

    content: Content
    metadata: Metadata


class Chat(Strict):
    """One call: opens a conversation if none is named."""

    message: ChatMessage
    conversation_id: Id | None = None


class ReadMark(Strict):
    """Up to which message the visitor has read; without it, up to the newest."""

    up_to: Id | None = None


class HandOffRequest(Strict):
    """Why a person is asked for."""

    reason: str | None = Field(None, max_length=500)


class ConversationPath(BaseModel):
    """A conversation's address."""

    conversation_id: str


class MessagePath(ConversationPath):
    """A message's address."""

    message_id: str


class SourcePath(BaseModel):
    """A webhook source's address: the name in INBOUND_SECRET_<SOURCE>, in lower case."""

    source: str


class Page(BaseModel):
    """A part of a list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=64)


class Listing(Page):
    """Which conversations."""

    state: Literal["agent", "waiting", "human", "closed"] | None = None
    q: Annotated[str, Field(max_length=200), AfterValidator(_storable)] | None = Field(
        None, description="Words in the subject, or in the name or address of the person"
    )
    own: bool = Field(False, description="The caller's own also where an operator would be shown all")


class Inbound(Strict):
    """What a webhook sender writes."""

    model_config = ConfigDict(extra="ignore", strict=True)

    text: Content
    conversation: Id | None = Field(None, description="A conversation_id that this source was given before")
    sender: str | None = Field(None, min_length=1, max_length=255)
