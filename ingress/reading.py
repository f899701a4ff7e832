"""What routes read of conversations and messages: every object through its owner, another's is as unknown as none."""

from __future__ import annotations

from typing import Any

from ingress.database import in_database
from ingress.tokens import Principal
from models import conversations, ledger, messages, trail
from models.clock import rfc3339
from models.conversations import Conversation
from models.envelopes import Entry
from models.errors import Invalid, NotFound
from models.messages import Message
from models.store import reading

UNKNOWN = "There is no such conversation."


def own(principal: Principal, conversation_id: str) -> None:
    """Raises NotFound unless the conversation is the principal's. The token's own one needs no look-up."""
    if principal.conversation_id == conversation_id:
        return
    in_database(_own, principal, conversation_id)


def _own(principal: Principal, conversation_id: str) -> None:
    with reading() as opened:
        if conversations.get(opened, conversation_id).contact_id != principal.id:
            raise NotFound(UNKNOWN)


def conversation(principal: Principal, conversation_id: str) -> dict[str, Any]:
    """The conversation with its count of unread messages."""

    def read() -> dict[str, Any]:
        with reading() as opened:
            found = conversations.get(opened, conversation_id)
            if found.contact_id != principal.id:
                raise NotFound(UNKNOWN)
            return _shown(opened, found)

    return in_database(read)


def _shown(opened: Any, found: Conversation) -> dict[str, Any]:
    return conversations.shown(found, messages.unread(opened, found.id, found.read_to))


def own_conversations(principal: Principal, after: str | None, limit: int) -> dict[str, Any]:
    """The principal's conversations, newest first."""

    def read() -> dict[str, Any]:
        with reading() as opened:
            rows = conversations.of_contact(opened, principal.id, _number(after), limit + 1)
            items = [_shown(opened, row) for row in rows[:limit]]
            more = str(rows[limit - 1].created_at) if len(rows) > limit else None
            return {"items": items, "next": more}

    return in_database(read)


def page(conversation_id: str, after: str | None, limit: int) -> dict[str, Any]:
    """Messages in order; `next` is the cursor behind the last one, None at the end."""

    def read() -> dict[str, Any]:
        with reading() as opened:
            rows = messages.page(opened, conversation_id, min(_number(after) or 0, messages.LAST), limit + 1)
        more = str(rows[limit - 1].position) if len(rows) > limit else None
        return {"items": [messages.shown(row) for row in rows[:limit]], "next": more}

    return in_database(read)


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Invalid("after", "is not a cursor of this list")
    return int(cursor)


def message(conversation_id: str, message_id: str) -> dict[str, Any]:
    """The message; one that is only in the ledger yet has status `accepted`."""
    try:
        return messages.shown(in_database(_stored, conversation_id, message_id))
    except NotFound:
        waiting = ledger.find(conversation_id, message_id)
        if waiting is None or waiting.envelope.conversation_id != conversation_id:
            raise
        return _accepted(waiting)


def _stored(conversation_id: str, message_id: str) -> Message:
    with reading() as opened:
        return messages.get(opened, conversation_id, message_id)


def _accepted(entry: Entry) -> dict[str, Any]:
    envelope = entry.envelope
    return {
        "id": envelope.id,
        "conversation_id": envelope.conversation_id,
        "author": {"kind": "contact", "name": None},
        "content": envelope.content,
        "channel": envelope.channel,
        "parent_id": envelope.parent_id,
        "in_reply_to": None,
        "metadata": envelope.metadata,
        "created_at": rfc3339(entry.sequence),
        "edited_at": None,
        "read_at": None,
        "status": messages.ACCEPTED,
    }


def outcome(message_id: str) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
    """A stored message that is done with, and its reply (None when it failed or was taken over)."""

    def read() -> tuple[dict[str, Any], dict[str, Any] | None] | None:
        with reading() as opened:
            found = opened.get(Message, message_id)
            if found is None or (found.status == messages.RECEIVED and found.awaits):
                return None
            reply = messages.reply_to(opened, message_id)
            return messages.shown(found), messages.shown(reply) if reply else None

    return in_database(read)


def trace(conversation_id: str, message_id: str) -> list[dict[str, Any]]:
    """Each step a message has taken, with its time and try."""

    def read() -> list[dict[str, Any]]:
        with reading() as opened:
            found = messages.get(opened, conversation_id, message_id)
            steps = [
                {"step": "accept", "at": rfc3339(found.accepted_at), "try": 1, "outcome": "ok"},
                {"step": "receive", "at": rfc3339(found.created_at), "try": 1, "outcome": "ok"},
            ]
            failed = trail.failures(opened, message_id)
            steps += [trail.shown(row) for row in failed]
            if found.status == messages.ANSWERED and found.answered_at:
                last = {"step": "answer", "at": rfc3339(found.answered_at), "try": len(failed) + 1, "outcome": "ok"}
                steps.append(last)
            return steps

    try:
        return in_database(read)
    except NotFound:
        waiting = message(conversation_id, message_id)
        return [{"step": "accept", "at": waiting["created_at"], "try": 1, "outcome": "ok"}]
