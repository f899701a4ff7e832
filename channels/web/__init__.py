"""The web channel: facts become publications, here and nowhere else.

One function per fact returns what is published of it, one publication per audience.

Whatever belongs to the history can be published again after a crash and is shown once. A fact that happens once has a
key. A thing that changes has a version, its revision: what is older than what was published before is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.relay.events import Publication, Version
from channels.web.audiences import Audience, Devices, Followers
from channels.web.events import (
    ConversationState,
    MessageCreated,
    MessageDelta,
    MessageRead,
    MessageRestarted,
    MessageUpdated,
    Typing,
)
from models.conversations.views import Author, Conversation, Message

Publications = list[Publication]


def topic_of(conversation_id: str) -> str:
    """The topic of a conversation."""
    return Followers(conversation_id).topic


def topic_of_user(user_id: str) -> str:
    """The topic of a user's devices."""
    return Devices(user_id).topic


def created(message: Message) -> Publications:
    """`message.created`."""
    event = MessageCreated(type="message.created", message=message)
    return [Publication(topic_of(message.conversation_id), event.document(), f"created:{message.id}")]


def updated(message: Message) -> Publications:
    """`message.updated`: its status has changed."""
    event = MessageUpdated(type="message.updated", message=message)
    version = Version(f"message:{message.id}", message.revision)
    return [Publication(topic_of(message.conversation_id), event.document(), version=version)]


def delta(conversation_id: str, reply_id: str, try_number: int, at: int, text: str) -> Publications:
    """`message.delta`: a piece of a reply at character `at`; outside the history. A model may cut a character in two: a
    lone surrogate, which has no UTF-8, becomes a question mark."""
    text = text.encode("utf-8", "replace").decode()
    fields = {"type": "message.delta", "message_id": reply_id, "try": try_number, "at": at, "text": text}
    event = MessageDelta.model_validate(fields)
    return [Publication(topic_of(conversation_id), event.document(), history=False)]


def restarted(conversation_id: str, reply_id: str, message_revision: int, try_number: int) -> Publications:
    """`message.restarted`: the partial text of earlier tries is void. Tries are counted from 1 again after each replay,
    which raises the revision of the message that is answered."""
    event = MessageRestarted.model_validate({"type": "message.restarted", "message_id": reply_id, "try": try_number})
    key = f"restarted:{reply_id}:{message_revision}:{try_number}"
    return [Publication(topic_of(conversation_id), event.document(), key)]


def read(conversation_id: str, up_to: str, revision: int) -> Publications:
    """`message.read`: everything up to this message was read. `revision`: the conversation's, after the mark has moved."""
    event = MessageRead(type="message.read", up_to=up_to)
    return [Publication(topic_of(conversation_id), event.document(), version=Version("read", revision))]


def typing(conversation_id: str, author: Author) -> Publications:
    """`typing`: someone is typing just now; outside the history."""
    event = Typing(type="typing", author=author)
    return [Publication(topic_of(conversation_id), event.document(), history=False)]


def state(conversation: Conversation) -> Publications:
    """`conversation.state`, for those who follow the conversation and for all devices of its user."""
    event = ConversationState(type="conversation.state", conversation=conversation).document()
    version = Version(f"conversation:{conversation.id}", conversation.revision)
    audiences: list[Audience] = [Followers(conversation.id)]
    if conversation.user is not None:
        audiences.append(Devices(conversation.user))
    return [Publication(audience.topic, event, version=version) for audience in audiences]


def goes_on_at(event: Mapping[str, Any]) -> str | None:
    """The topic on which a conversation goes on, when this is the `conversation.state` that says so."""
    if event.get("type") != "conversation.state":
        return None
    continued_by = event["conversation"].get("continued_by")
    return topic_of(continued_by) if continued_by else None
