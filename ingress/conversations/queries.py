"""What routes read of conversations and messages: every object through its owner, another's is as unknown as none."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ingress.conversations.access import check_readable
from ingress.conversations.requests import Listing
from ingress.conversations.responses import Conversations, Messages
from ingress.identity.principal import USER, Principal
from models import ledger, trail
from models.accounts.roles import OPERATE
from models.clock import rfc3339
from models.conversations import conversations, listings, messages, successors, views
from models.conversations.views import Conversation, Message
from models.errors import Invalid, NotFound
from models.ledger.inbound import Entry
from models.store.database import reading

NO_CURSOR = "is not a cursor from this list"
_CURSOR = re.compile(r"([0-9]{1,18}):([0-9a-f-]{1,36})")


def conversation(principal: Principal, conversation_id: str) -> Conversation:
    """The conversation with its count of unread messages."""
    with reading() as db:
        found = conversations.get(db, conversation_id)
        check_readable(principal, found)
        return views.of_conversation(db, found, for_operator=principal.may(OPERATE))


def chain(conversation_id: str) -> list[Conversation]:
    """A conversation and those that continue it, the newest last; nothing when none does.

    Raises NotFound, DatabaseAway.
    """
    with reading() as db:
        rows = successors.chain(db, conversations.get(db, conversation_id))
        return views.of_conversations(db, rows) if len(rows) > 1 else []


def listed(principal: Principal, query: Listing) -> Conversations:
    """The principal's conversations, an operator's all, newest first; `next` is the cursor behind the last one."""
    wanted, before = _wanted(principal, query), _place(query.after)
    with reading() as db:
        rows = listings.page(db, wanted, before, query.limit + 1)
        items = views.of_conversations(db, rows[: query.limit], for_operator=principal.may(OPERATE))
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return Conversations(items=items, next=f"{last.created_at}:{last.id}" if last else None)


def _wanted(principal: Principal, query: Listing) -> listings.Filter:
    found = listings.Filter(state=query.state, search=query.q)
    if principal.may(OPERATE) and not query.own:
        return found
    return replace(found, **{"user_id" if principal.kind == USER else "contact_id": principal.id})


def _place(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    parts = _CURSOR.fullmatch(cursor)
    if parts is None:
        raise Invalid("after", NO_CURSOR)
    return int(parts[1]), parts[2]


def page(conversation_id: str, after: str | None, limit: int) -> Messages:
    """Messages in order; `next` is the cursor behind the last one, None at the end."""
    with reading() as db:
        rows = messages.page(db, conversation_id, min(_number(after) or 0, messages.LAST), limit + 1)
    more = str(rows[limit - 1].position) if len(rows) > limit else None
    return Messages(items=[views.of_message(row) for row in rows[:limit]], next=more)


def _number(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Invalid("after", NO_CURSOR)
    return int(cursor)


def message(conversation_id: str, message_id: str) -> Message:
    """The message, also one that went to a successor; one that is only in the ledger yet has status `accepted`."""
    try:
        return views.of_message(_stored(conversation_id, message_id))
    except NotFound:
        waiting = ledger.find(conversation_id, message_id)
    if waiting is None:  # it may have been stored meanwhile
        return views.of_message(_stored(conversation_id, message_id))
    if waiting.inbound.conversation_id != conversation_id:
        raise NotFound(messages.UNKNOWN)
    return _accepted(waiting, _user_of(conversation_id))


def _stored(conversation_id: str, message_id: str) -> messages.Message:
    with reading() as db:
        return successors.get_message(db, conversation_id, message_id)


def _user_of(conversation_id: str) -> str | None:
    with reading() as db:
        return conversations.get(db, conversation_id).user_id


def _accepted(entry: Entry, user_id: str | None) -> Message:
    inbound = entry.inbound
    fields = {
        "id": inbound.id,
        "conversation_id": inbound.conversation_id,
        "author": {"kind": "user" if inbound.sender == user_id else "contact", "name": None},
        "content": inbound.content,
        "channel": inbound.channel,
        "parent_id": inbound.parent_id,
        "in_reply_to": None,
        "metadata": inbound.metadata,
        "created_at": rfc3339(entry.sequence),
        "edited_at": None,
        "read_at": None,
        "status": messages.ACCEPTED,
        "revision": 0,
    }
    return Message.model_validate(fields)


def trace(conversation_id: str, message_id: str) -> list[dict[str, Any]]:
    """Each step a message has taken, with its time and try; also each model that failed, where another one answered."""

    def read() -> list[dict[str, Any]]:
        with reading() as db:
            found = successors.get_message(db, conversation_id, message_id)
            steps = [
                {"step": "accept", "at": rfc3339(found.accepted_at), "try": 1, "outcome": "ok"},
                {"step": "receive", "at": rfc3339(found.created_at), "try": 1, "outcome": "ok"},
            ]
            failed = trail.failures(db, message_id)
            steps += [trail.shown(row) for row in failed]
            if found.status == messages.ANSWERED and found.answered_at:
                tries = sum(row.stage != trail.MODEL for row in failed)
                last = {"step": "answer", "at": rfc3339(found.answered_at), "try": tries + 1, "outcome": "ok"}
                steps.append(last)
            return steps

    try:
        return read()
    except NotFound:
        waiting = message(conversation_id, message_id)
        return [{"step": "accept", "at": waiting.created_at, "try": 1, "outcome": "ok"}]
