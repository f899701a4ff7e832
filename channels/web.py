"""The web channel: what happened, as events on the topics that web clients follow.

Every event that is part of a conversation's history has a key, so that publishing it again after a crash shows it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.relay.events import Publication


def topic_of(conversation_id: str) -> str:
    """The topic of a conversation."""
    return f"conversation:{conversation_id}"


def topic_of_user(user_id: str) -> str:
    """The topic of a user's devices."""
    return f"user:{user_id}"


def created(message: dict[str, Any]) -> Publication:
    """`message.created`, for a message as `models.messages.shown` gives it."""
    return _about(message, {"type": "message.created", "message": message}, f"created:{message['id']}")


def updated(message: dict[str, Any]) -> Publication:
    """`message.updated`: its status has moved on."""
    key = f"updated:{message['id']}:{message['status']}"
    return _about(message, {"type": "message.updated", "message": message}, key)


def delta(conversation_id: str, reply_id: str, try_number: int, at: int, text: str) -> Publication:
    """`message.delta`: a piece of a reply at character `at`; outside the history."""
    data = {"type": "message.delta", "message_id": reply_id, "try": try_number, "at": at, "text": text}
    return Publication(topic_of(conversation_id), data, history=False)


def restarted(conversation_id: str, reply_id: str, try_number: int) -> Publication:
    """`message.restarted`: the partial text of earlier tries is void."""
    data = {"type": "message.restarted", "message_id": reply_id, "try": try_number}
    return Publication(topic_of(conversation_id), data, f"restarted:{reply_id}:{try_number}")


def read(conversation_id: str, up_to: str) -> Publication:
    """`message.read`: everything up to this message was read."""
    return Publication(topic_of(conversation_id), {"type": "message.read", "up_to": up_to}, f"read:{up_to}")


def state(conversation: dict[str, Any]) -> list[Publication]:
    """`conversation.state`, for a conversation as `models.conversations.shown` gives it: to those who follow it, and to
    all devices of the user whose it is."""
    key = f"state:{conversation['id']}:{conversation['updated_at']}"
    topics = [topic_of(conversation["id"])] + ([topic_of_user(conversation["user"])] if conversation["user"] else [])
    return [Publication(topic, {"type": "conversation.state", "conversation": conversation}, key) for topic in topics]


def goes_on_at(event: Mapping[str, Any]) -> str | None:
    """The topic on which a conversation goes on, when this is the `conversation.state` that says so."""
    if event.get("type") != "conversation.state":
        return None
    continued_by = event["conversation"].get("continued_by")
    return topic_of(continued_by) if continued_by else None


def _about(message: dict[str, Any], data: dict[str, Any], key: str) -> Publication:
    return Publication(topic_of(message["conversation_id"]), data, key)
