"""Conversations and messages as clients see them. REST, events and the API documents take them from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import func, select
from sqlmodel import Session
from typing_extensions import TypeAliasType

from models.clock import rfc3339
from models.conversations import conversations
from models.conversations.conversations import conversation
from models.conversations.messages import OURS, message
from models.views import Timestamp, Uuid, View, words

# A schema of its own: a generator would name it after class and field, as the event `ConversationState` is named.
State = TypeAliasType("State", Annotated[str, words("agent", "waiting", "human", "closed")])


class HandOff(View):
    """Who asked for a person, and why."""

    by: Annotated[str, words("contact", "user", "agent", "system")]
    reason: str | None


class Conversation(View):
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


class Author(View):
    """Who wrote a message."""

    kind: Annotated[str, words("contact", "user", "agent", "operator", "system")]
    name: str | None


class Message(View):
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
    status: Annotated[str, words("accepted", "received", "answered", "failed", "cancelled")]
    revision: int


def of_message(row: Any) -> Message:
    """The message. Takes a row of the table, or a `messages.Message`."""
    fields = {
        "id": row.id,
        "conversation_id": row.conversation_id,
        "author": {"kind": row.author_kind, "name": row.author_name},
        "content": row.content,
        "channel": row.channel,
        "parent_id": row.parent_id,
        "in_reply_to": row.in_reply_to,
        "metadata": row.facts,
        "created_at": rfc3339(row.created_at),
        "edited_at": rfc3339(row.edited_at),
        "read_at": rfc3339(row.read_at),
        "status": row.status,
        "revision": row.revision,
    }
    return Message.model_validate(fields)


def of_conversation(db: Session, row: conversations.Conversation, *, for_operator: bool = False) -> Conversation:
    """The conversation with its true count of unread messages."""
    return of_conversations(db, [row], for_operator=for_operator)[0]


def of_conversations(
    db: Session, rows: Sequence[conversations.Conversation], *, for_operator: bool = False
) -> list[Conversation]:
    """The conversations, in the order of the rows. What the person may not see is added only for an operator."""
    counts = unread(db, [row.id for row in rows])
    return [_of_row(row, counts.get(row.id, 0), _internal(row) if for_operator else {}) for row in rows]


def _of_row(row: conversations.Conversation, count: int, internal: dict[str, Any]) -> Conversation:
    fields = {
        "id": row.id,
        "state": row.state,
        "channel": row.channel,
        "contact": row.contact_id,
        "user": row.user_id,
        "operator": None,
        "subject": row.subject,
        "metadata": row.facts,
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
        "closed_at": rfc3339(row.closed_at),
        "continued_by": row.continued_by,
        "unread": count,
        "revision": row.revision,
    }
    return Conversation.model_validate(fields | internal)


def _internal(row: conversations.Conversation) -> dict[str, Any]:
    return {"handoff": {"by": row.handoff_by, "reason": row.handoff_reason} if row.handoff_by else None}


def unread(db: Session, conversation_ids: Sequence[str]) -> dict[str, int]:
    """How many messages from our side stand above the person's read mark, by conversation; none is left out."""
    if not conversation_ids:
        return {}
    c, m = conversation.c, message.c
    query = select(m.conversation_id, func.count().label("unread")).join(conversation, c.id == m.conversation_id)
    query = query.where(c.id.in_(list(conversation_ids)), m.position > c.read_to, m.author_kind.in_(OURS))
    return {row.conversation_id: row.unread for row in db.execute(query.group_by(m.conversation_id))}
