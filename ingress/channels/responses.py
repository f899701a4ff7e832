"""What callbacks answer."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ingress.conversations.responses import NO_REPLY
from models.conversations.views import Message, State
from models.views import Uuid


class Delivered(BaseModel):
    """Where a webhook's message went; `reply` only if it was waited for."""

    message_id: Uuid
    conversation_id: Uuid
    reply: Message | None = None
    state: State | None = Field(None, description=NO_REPLY)
