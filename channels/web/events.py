"""The events of a conversation: the data of publications on the socket, and of server-sent events."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.conversations.views import Author, Conversation, Message
from models.views import Uuid, View


class MessageCreated(View):
    """A message was stored: the person's own, a reply, a notice."""

    type: Literal["message.created"]
    message: Message


class MessageUpdated(View):
    """The status of a message has moved on to `answered` or `failed`."""

    type: Literal["message.updated"]
    message: Message


class MessageDelta(View):
    """A piece of a reply that is being written. Deltas are kept nowhere; `message.created` has the whole reply."""

    type: Literal["message.delta"]
    message_id: Uuid = Field(description="The id that the reply will have")
    try_: int = Field(
        alias="try", description="If this is higher than the try you know, discard the text received so far"
    )
    at: int = Field(description="Where this piece begins, in characters")
    text: str


class MessageRestarted(View):
    """The reply starts again: discard its partial text."""

    type: Literal["message.restarted"]
    message_id: Uuid
    try_: int = Field(alias="try")


class MessageRead(View):
    """The person has read up to this message."""

    type: Literal["message.read"]
    up_to: Uuid


class Typing(View):
    """Someone in the conversation is typing."""

    type: Literal["typing"]
    author: Author


class ConversationState(View):
    """The conversation has changed. `continued_by` names the conversation in which it goes on."""

    type: Literal["conversation.state"]
    conversation: Conversation


PublishedEvents = (
    MessageCreated | MessageUpdated | MessageDelta | MessageRestarted | MessageRead | Typing | ConversationState
)
