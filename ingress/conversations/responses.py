"""What routes answer about conversations: the response models of the OpenAPI document."""

from __future__ import annotations

from pydantic import Field

from models.conversations.views import Conversation, Message, State
from models.views import Timestamp, Uuid, View

NO_REPLY = "The conversation's state, if no reply will come: it is waiting for a person or closed"


class Opened(View):
    """A new conversation, and the token that opens it to a visitor; a user needs none."""

    conversation: Conversation
    token: str | None = None


class Conversations(View):
    """A page of conversations."""

    items: list[Conversation]
    next: str | None


class Messages(View):
    """A page of messages."""

    items: list[Message]
    next: str | None


class AcceptedMessage(View):
    """A message is in the ledger: it will be stored and answered."""

    message_id: Uuid
    state: State | None = Field(None, description=NO_REPLY)


class Answered(View):
    """A message and its reply."""

    message: Message
    reply: Message | None


class Chatted(View):
    """The result of a call to `/api/chat`; `token` only for a new visitor."""

    conversation_id: Uuid = Field(
        description="The conversation that holds the message: it may be the one that continues the conversation you named"
    )
    token: str | None = None
    message_id: Uuid
    reply: Message | None
    status: str
    state: State | None = Field(None, description=NO_REPLY)


class Step(View):
    """One step of a message, or a model that failed within one. `outcome` is `ok` or the kind of failure."""

    step: str
    at: Timestamp
    try_: int = Field(alias="try")
    outcome: str
    cause: str | None = Field(None, description="Why the step failed; present only if it failed")
    model: str | None = Field(None, description="The model that failed; present only in steps of models")


class Trace(View):
    """Each step of a message, in order."""

    steps: list[Step]
