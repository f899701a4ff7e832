"""What clients send: the models of the OpenAPI document."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.handoffs import REASON_MAX
from models.reasons import form
from models.texts import is_blank, storable


def _visible(text: str) -> str:
    if is_blank(text):
        raise ValueError("must have a visible character")
    return text


Content = Annotated[
    str,
    Field(min_length=1, max_length=16_000, description="1 to 16,000 characters, some of them visible"),
    AfterValidator(_visible),
]
Id = Annotated[str, Field(min_length=1, max_length=64)]


EMAIL_FORM = form(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "must be an e-mail address, such as ada@example.org")
PHONE_FORM = form(r"^\+?[0-9 ()./-]{5,}$", "must be a phone number, such as +49 30 901820")
METADATA_MAX = 16_384  # bytes of JSON: it travels with every event about the message


def _small(metadata: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(metadata).encode()) > METADATA_MAX:
        raise ValueError(f"is longer than {METADATA_MAX} bytes of JSON")
    return metadata


def _storable(text: str) -> str:
    if not storable(text):
        raise ValueError("may not contain NUL or lone surrogates")
    return text


Metadata = Annotated[dict[str, Any], AfterValidator(_small), Field(default_factory=dict)]


def _optional(schema: dict[str, Any]) -> None:
    """Takes `default: null` out of a model's schema: generated clients send defaults, and null may mean "empty it"."""
    for field in schema.get("properties", {}).values():
        if field.get("default", ...) is None:
            del field["default"]


class Strict(BaseModel):
    """Unknown fields are refused: a typing mistake shall not pass for success. Base of every request body."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_optional)


class Visit(Strict):
    """What a visitor says of themselves when opening a conversation; CONTACT_REQUIRED names what they must."""

    name: str | None = Field(None, min_length=1, max_length=200)
    email: str | None = Field(None, max_length=254, pattern=EMAIL_FORM)
    phone: str | None = Field(None, max_length=32, pattern=PHONE_FORM)
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

    reason: str | None = Field(None, max_length=REASON_MAX)


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
