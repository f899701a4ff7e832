"""What clients send: the models of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from ingress.http.forms import Content, Id, Metadata, OneLine, Page, Reference, Strict
from models.conversations.handoffs import REASON_MAX
from models.reasons import form
from models.texts import is_storable
from models.views import Uuid

EMAIL_FORM = form(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "must be an e-mail address, such as ada@example.org")


PHONE_FORM = form(r"^\+?[0-9 ()./-]{5,}$", "must be a phone number, such as +49 30 901820")


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("must not contain NUL or lone surrogates")
    return text


class Visit(Strict):
    """A visitor's details, given when opening a conversation. `CONTACT_REQUIRED` names the required fields."""

    name: Annotated[str, OneLine] | None = Field(None, min_length=1, max_length=200)
    email: Annotated[str, Field(max_length=254, pattern=EMAIL_FORM), OneLine] | None = None
    phone: str | None = Field(None, max_length=32, pattern=PHONE_FORM)
    metadata: Metadata


class NewMessage(Strict):
    """A message to a conversation."""

    content: Content
    client_message_id: Id | None = Field(
        None, description="Repeating the message with the same id has no further effect"
    )
    parent_id: Id | None = None
    metadata: Metadata


class ChatMessage(Strict):
    """The message of one call to `/api/chat`."""

    content: Content
    metadata: Metadata


class Chat(Strict):
    """One call: opens a conversation if none is named."""

    message: ChatMessage
    conversation_id: Reference | None = None


class ReadMark(Strict):
    """Up to which message the visitor has read; without it, up to the newest."""

    up_to: Reference | None = None


class HandOffRequest(Strict):
    """Why a person is asked for."""

    reason: str | None = Field(None, max_length=REASON_MAX)


class ConversationPath(BaseModel):
    """A conversation's address."""

    conversation_id: Uuid


class MessagePath(ConversationPath):
    """A message's address."""

    message_id: Uuid


class Listing(Page):
    """Which conversations."""

    state: Literal["agent", "waiting", "human", "closed"] | None = None
    q: Annotated[str, Field(max_length=200), AfterValidator(_storable)] | None = Field(
        None, description="Words to look for in the subject and in the person's name and address"
    )
    own: bool = Field(False, description="Only the caller's own conversations, also for operators")
