"""What clients receive: the response models of the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

State = Literal["agent", "waiting", "human", "closed"]


NO_REPLY = "The conversation's state, when no reply is to be expected: a person was asked for, or it was closed"


class HandOff(BaseModel):
    """Who asked for a person, and why."""

    by: Literal["contact", "user", "agent", "system"]
    reason: str | None


class Conversation(BaseModel):
    """A conversation. `unread` counts what its person has not read; `handoff` is shown to operators only."""

    id: str
    state: State
    channel: str
    contact: str | None
    user: str | None
    operator: str | None
    subject: str | None
    metadata: dict[str, Any]
    created_at: str
    updated_at: str
    closed_at: str | None
    continued_by: str | None = Field(
        description="The conversation that a message to this one went to, since this one was closed for more than 24 h"
    )
    unread: int
    revision: int
    handoff: HandOff | None = None


class Author(BaseModel):
    """Who wrote a message."""

    kind: Literal["contact", "user", "agent", "operator", "system"]
    name: str | None


class Message(BaseModel):
    """A message."""

    id: str
    conversation_id: str
    author: Author
    content: str
    channel: str
    parent_id: str | None
    in_reply_to: str | None
    metadata: dict[str, Any]
    created_at: str
    edited_at: str | None
    read_at: str | None
    status: Literal["accepted", "received", "answered", "failed", "cancelled"]
    revision: int


class Opened(BaseModel):
    """A new conversation, and the token that opens it to a visitor; a user needs none."""

    conversation: Conversation
    token: str | None = None


class Conversations(BaseModel):
    """A page of conversations."""

    items: list[Conversation]
    next: str | None


class Messages(BaseModel):
    """A page of messages."""

    items: list[Message]
    next: str | None


class AcceptedMessage(BaseModel):
    """A message is in the ledger: it will be stored and answered."""

    message_id: str
    state: State | None = Field(None, description=NO_REPLY)


class Answered(BaseModel):
    """A message and its reply."""

    message: Message
    reply: Message | None


class Chatted(BaseModel):
    """What one call to `/api/chat` came to; `token` only for a new visitor."""

    conversation_id: str = Field(
        description="Where the message is: the one that continues a conversation closed long ago"
    )
    token: str | None = None
    message_id: str
    reply: Message | None
    status: str
    state: State | None = Field(None, description=NO_REPLY)


class Trace(BaseModel):
    """The way of a message."""

    steps: list[dict[str, Any]]
