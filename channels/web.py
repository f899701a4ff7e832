"""The web channel: facts become publications, here and nowhere else.

One function for each fact returns what is published of it, for everybody who may know it: those who follow the
conversation (its person, and operators), and all devices of the user whose it is.

Whatever belongs to the history can be published again after a crash and is shown once. A fact that happens once has a
key. A thing that changes has a version, its revision: what is older than what was published before is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.relay.events import Publication, Version

Publications = list[Publication]
CONVERSATION, USER = "conversation", "user"  # kinds of topics


def topic_of(conversation_id: str) -> str:
    """The topic of a conversation."""
    return f"{CONVERSATION}:{conversation_id}"


def topic_of_user(user_id: str) -> str:
    """The topic of a user's devices."""
    return f"{USER}:{user_id}"


def created(message: dict[str, Any]) -> Publications:
    """`message.created`, for a message as `models.conversations.messages.shown` gives it."""
    data = {"type": "message.created", "message": message}
    return [Publication(topic_of(message["conversation_id"]), data, f"created:{message['id']}")]


def updated(message: dict[str, Any]) -> Publications:
    """`message.updated`: its status has moved on."""
    data = {"type": "message.updated", "message": message}
    version = Version(f"message:{message['id']}", message["revision"])
    return [Publication(topic_of(message["conversation_id"]), data, version=version)]


def delta(conversation_id: str, reply_id: str, try_number: int, at: int, text: str) -> Publications:
    """`message.delta`: a piece of a reply at character `at`; outside the history."""
    data = {"type": "message.delta", "message_id": reply_id, "try": try_number, "at": at, "text": text}
    return [Publication(topic_of(conversation_id), data, history=False)]


def restarted(conversation_id: str, reply_id: str, asked_revision: int, try_number: int) -> Publications:
    """`message.restarted`: the partial text of earlier tries is void. Tries are counted anew at each replay, which raises
    the revision of the message that is answered."""
    data = {"type": "message.restarted", "message_id": reply_id, "try": try_number}
    return [Publication(topic_of(conversation_id), data, f"restarted:{reply_id}:{asked_revision}:{try_number}")]


def read(conversation_id: str, up_to: str, revision: int) -> Publications:
    """`message.read`: everything up to this message was read. `revision` is the conversation's, once the mark has moved."""
    data = {"type": "message.read", "up_to": up_to}
    return [Publication(topic_of(conversation_id), data, version=Version("read", revision))]


def typing(conversation_id: str, author: dict[str, Any]) -> Publications:
    """`typing`: somebody is typing just now; outside the history."""
    return [Publication(topic_of(conversation_id), {"type": "typing", "author": author}, history=False)]


def state(conversation: dict[str, Any]) -> Publications:
    """`conversation.state`, for a conversation as `models.conversations.views` gives it.

    It goes to those who follow the conversation, and to all devices of the user whose it is."""
    data = {"type": "conversation.state", "conversation": conversation}
    version = Version(f"conversation:{conversation['id']}", conversation["revision"])
    topics = [topic_of(conversation["id"])] + ([topic_of_user(conversation["user"])] if conversation["user"] else [])
    return [Publication(topic, data, version=version) for topic in topics]


def goes_on_at(event: Mapping[str, Any]) -> str | None:
    """The topic on which a conversation goes on, when this is the `conversation.state` that says so."""
    if event.get("type") != "conversation.state":
        return None
    continued_by = event["conversation"].get("continued_by")
    return topic_of(continued_by) if continued_by else None
