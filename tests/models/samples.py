"""Conversations and envelopes for tests."""

from __future__ import annotations

import uuid
from typing import Any

from models import ledger
from models.conversations import conversations, quota
from models.ledger.inbound import Entry, Inbound
from models.people import contacts, users
from models.store.database import session


def conversation(contact: str | None = None) -> tuple[str, str]:
    """A stored conversation and its contact: (conversation id, contact id)."""
    conversation_id, contact_id = str(uuid.uuid4()), contact or str(uuid.uuid4())
    with session() as db:
        contacts.open_visitor(db, contact_id, {"name": "Ann"})
        conversations.open_new(db, conversation_id, contact_id, "web")
    return conversation_id, contact_id


def inbound(conversation_id: str, sender: str, content: str = "hello") -> Inbound:
    """A visitor's or a user's message."""
    return Inbound(
        id=str(uuid.uuid4()),
        order_key=conversation_id,
        conversation_id=conversation_id,
        sender=sender,
        channel="web",
        content=content,
    )


def accepted(conversation_id: str, sender: str, count: int) -> list[Entry]:
    """So many accepted messages, as the ledger gives them."""
    for number in range(count):
        ledger.accept(inbound(conversation_id, sender, f"message {number}"))
    found = ledger.entries(ledger.shard_of(conversation_id), 10_000)  # a shard may hold others' as well
    return [entry for entry in found if entry.inbound.conversation_id == conversation_id][-count:]


def user(email: str | None = None, **said: Any) -> str:
    """A stored user's id."""
    user_id = str(uuid.uuid4())
    with session() as db:
        users.add(db, user_id, email or f"{user_id}@example.com", **said)
    return user_id


def users_conversation(user_id: str) -> str:
    """The id of a new conversation of the user's."""
    conversation_id = str(uuid.uuid4())
    with session() as db:
        quota.open_for_user(db, conversation_id, user_id, "web", {})
    return conversation_id
