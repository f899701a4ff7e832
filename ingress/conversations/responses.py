"""What clients receive: the response models of the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ingress.http.forms import Timestamp, Uuid

State = Literal["agent", "waiting", "human", "closed"]


NO_REPLY = "The conversation's state, if no reply will come: it is waiting for a person or closed"


class HandOff(BaseModel):
    """Who asked for a person, and why."""

    by: Literal["contact", "user", "agent", "system"]
    reason: str | None


class Conversation(BaseModel):
    """A conversation. `unread` counts what its person has not read; `handoff` is shown to operators only."""

    id: Uuid
    state: State
    channel: str
    contact: Uuid | None
    user: Uuid | None
    operator: Uuid | None
    subject: str | None
    metadata: dict[str, Any]
    created_at: Timestamp
    updated_at: Timestamp
    closed_at: Timestamp | None
    continued_by: Uuid | None = Field(
        description="The conversation that continues this one, which had been closed for more than 24 h"
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

    id: Uuid
    conversation_id: Uuid
    author: Author
    content: str
    channel: str
    parent_id: str | None
    in_reply_to: Uuid | None
    metadata: dict[str, Any]
    created_at: Timestamp
    edited_at: Timestamp | None
    read_at: Timestamp | None
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

    message_id: Uuid
    state: State | None = Field(None, description=NO_REPLY)


class Answered(BaseModel):
    """A message and its reply."""

    message: Message
    reply: Message | None


class Chatted(BaseModel):
    """What one call to `/api/chat` came to; `token` only for a new visitor."""

    conversation_id: Uuid = Field(
        description="The conversation that holds the message: it may be the one that continues the conversation you named"
    )
    token: str | None = None
    message_id: Uuid
    reply: Message | None
    status: str
    state: State | None = Field(None, description=NO_REPLY)


class Step(BaseModel):
    """One step of a message, or a model that failed within one. `outcome` is `ok` or the kind of failure."""

    step: str
    at: Timestamp
    try_: int = Field(alias="try")
    outcome: str
    cause: str | None = Field(None, description="Why the step failed; present only if it failed")
    model: str | None = Field(None, description="The model that failed; present only in steps of models")


class Trace(BaseModel):
    """Each step of a message, in order."""

    steps: list[Step]
