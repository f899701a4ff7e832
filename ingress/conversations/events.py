"""The events of a conversation: the data of server-sent events, and of publications on the socket."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, RootModel

from ingress.conversations.responses import Author, Conversation, Message
from ingress.http.forms import Uuid


class MessageCreated(BaseModel):
    """A message was stored: the person's own, a reply, a notice."""

    type: Literal["message.created"]
    message: Message


class MessageUpdated(BaseModel):
    """The status of a message has moved on to `answered` or `failed`."""

    type: Literal["message.updated"]
    message: Message


class MessageDelta(BaseModel):
    """A piece of a reply that is being written. Deltas are kept nowhere; `message.created` has the whole reply."""

    type: Literal["message.delta"]
    message_id: Uuid = Field(description="The id that the reply will have")
    try_: int = Field(
        alias="try", description="If this is higher than the try you know, discard the text received so far"
    )
    at: int = Field(description="Where this piece begins, in characters")
    text: str


class MessageRestarted(BaseModel):
    """The reply is begun anew: drop its partial text."""

    type: Literal["message.restarted"]
    message_id: Uuid
    try_: int = Field(alias="try")


class MessageRead(BaseModel):
    """The person has read up to this message."""

    type: Literal["message.read"]
    up_to: Uuid


class Typing(BaseModel):
    """Someone in the conversation is typing."""

    type: Literal["typing"]
    author: Author


class ConversationState(BaseModel):
    """The conversation has changed. `continued_by` names the conversation in which it goes on."""

    type: Literal["conversation.state"]
    conversation: Conversation


class Accepted(BaseModel):
    """The first event of an answer: the message is in the ledger. `token` comes for a new visitor only."""

    type: Literal["accepted"]
    message_id: Uuid
    conversation_id: Uuid
    token: str | None = None


class Timeout(BaseModel):
    """The last event of an answer that took too long. The reply comes later: follow the conversation."""

    type: Literal["timeout"]
    message_id: Uuid


class Lost(BaseModel):
    """Events were missed that cannot be sent again: read the conversation anew."""

    type: Literal["lost"]


Told = (
    MessageCreated | MessageUpdated | MessageDelta | MessageRestarted | MessageRead | Typing | ConversationState
)  # fmt: skip


class PublishedEvent(RootModel[Annotated[Told, Field(discriminator="type")]]):
    """What is published on a conversation's topic."""


class ConversationEvent(RootModel[Annotated[Told | Lost, Field(discriminator="type")]]):
    """The data of an event of `GET /api/conversations/{conversation_id}/events`."""


class AnswerEvent(RootModel[Annotated[Told | Accepted | Timeout, Field(discriminator="type")]]):
    """The data of an event of one answer."""
