"""Successors: a conversation that was closed more than 24 h ago is never reopened; a message to it goes to its successor.

A successor's id is derived only from the id of the conversation that it continues. So there is exactly one successor,
whichever process opens it first, and whether one conversation continues another needs no database.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import islice

from sqlmodel import Session

from models.clock import microseconds
from models.conversations.conversations import REOPEN_WITHIN, Conversation
from models.conversations.messages import UNKNOWN, Message
from models.errors import NotFound

# More than any caller can need: a successor begins at least a day after its predecessor, a visitor's token is valid for
# 30 days, and 50 conversations of a user are kept.
LONGEST = 64
_CONTINUED = uuid.UUID("b7f2c4a2-4e0d-5f4e-9d38-0f8ce3c2a6d1")


def id_of_successor(conversation_id: str) -> str:
    """The id of the only conversation that can continue this one."""
    return str(uuid.uuid5(_CONTINUED, conversation_id))


def ids_after(conversation_id: str) -> Iterator[str]:
    """The ids of the conversations that can continue this one, in order, without end."""
    while True:
        conversation_id = id_of_successor(conversation_id)
        yield conversation_id


def continues(conversation_id: str, earlier_id: str) -> bool:
    """Whether the conversation continues the earlier one, directly or over at most LONGEST others."""
    return conversation_id in islice(ids_after(earlier_id), LONGEST)


def is_over(closed_at: int | None, continued_by: str | None) -> bool:
    """Whether a message to a conversation with these values goes to a successor."""
    return continued_by is not None or (closed_at is not None and closed_at <= microseconds() - REOPEN_WITHIN)


def chain(db: Session, row: Conversation) -> list[Conversation]:
    """The conversation and its existing successors; the newest is last."""
    rows = [row]
    while rows[-1].continued_by is not None:
        following = db.get(Conversation, rows[-1].continued_by)
        if following is None:  # deleted: only a user's newest conversations are kept
            break
        rows.append(following)
    return rows


def get_message(db: Session, conversation_id: str, message_id: str) -> Message:
    """The message of this conversation or of one that continues it. Raises NotFound."""
    row = db.get(Message, message_id)
    if row is None or not _is_in(row, conversation_id):
        raise NotFound(UNKNOWN)
    return row


def _is_in(message: Message, conversation_id: str) -> bool:
    stored_in = message.conversation_id
    return stored_in == conversation_id or continues(stored_in, conversation_id)
