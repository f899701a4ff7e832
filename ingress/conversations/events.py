"""What an event stream sends: what is published of a conversation, and what concerns the stream itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from channels.web.events import PublishedEvents
from models.views import Uuid, View


class Accepted(View):
    """The first event of an answer: the message is in the ledger. `token` comes for a new visitor only."""

    type: Literal["accepted"]
    message_id: Uuid
    conversation_id: Uuid
    token: str | None = None


class Timeout(View):
    """The last event of an answer that took too long. The reply comes later: follow the conversation."""

    type: Literal["timeout"]
    message_id: Uuid


class Lost(View):
    """Events were missed that cannot be sent again: read the conversation anew."""

    type: Literal["lost"]


class PublishedEvent(RootModel[Annotated[PublishedEvents, Field(discriminator="type")]]):
    """What is published on a conversation's topic."""


class ConversationEvent(RootModel[Annotated[PublishedEvents | Lost, Field(discriminator="type")]]):
    """The data of an event of `GET /api/conversations/{conversation_id}/events`."""


class AnswerEvent(RootModel[Annotated[PublishedEvents | Accepted | Timeout, Field(discriminator="type")]]):
    """The data of an event of one answer."""
