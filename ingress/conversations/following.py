"""Following a conversation by SSE, also into the one that continues it."""

from __future__ import annotations

from typing import Any

from channels import web
from channels.web.events import ConversationState
from ingress.conversations import queries
from ingress.identity.principal import Principal
from ingress.streams.sse import EventStream, event_stream
from models.conversations import successors
from models.conversations.views import Conversation
from models.errors import DatabaseAway, NotFound


def follow(principal: Principal, conversation_id: str, last_event_id: str | None, sock: Any) -> EventStream:
    """The events of a conversation, and of those that continue it, from behind `Last-Event-ID` or from now on.

    The ids of events in a successor have the form `<conversation>/<epoch>:<offset>`, so that a client that comes back to
    the same address goes on there. Raises RedisAway.
    """
    place, _, position = (last_event_id or "").rpartition("/")
    if not (place and successors.continues(place, conversation_id)):
        place, position = "", last_event_id or ""
    return event_stream(
        web.topic_of(place or conversation_id),
        position,
        sock,
        principal=principal,
        prefix=f"{place}/" if place else "",
        moves=_moves(place or conversation_id),
    )


def _moves(conversation_id: str) -> list[dict[str, Any]]:
    """The events that say where the conversation goes on. Without the database: when the next message comes."""
    try:
        return [move for one in queries.chain(conversation_id) for move in _move(one)]
    except (DatabaseAway, NotFound):
        return []


def _move(conversation: Conversation) -> list[dict[str, Any]]:
    event = ConversationState(type="conversation.state", conversation=conversation).document()
    return [event] if web.goes_on_at(event) else []
