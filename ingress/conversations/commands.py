"""What visitors and users change directly: they open, read, hand off and close conversations."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from channels import web
from channels.relay.events import Publication
from channels.relay.publish import publish
from ingress.conversations import access
from ingress.conversations.requests import Visit
from ingress.http.idempotency import digest
from ingress.identity.repeated_calls import KEY, Once
from models.clock import SECOND, microseconds
from models.conversations import conversations, messages, quota, views
from models.conversations.conversations import CLOSED, WAITING, Conversation
from models.conversations.handoffs import HandOff
from models.errors import USED_BEFORE, Conflict, Invalid, RedisAway
from models.people import contacts
from models.settings import settings
from models.store.database import session

log = logging.getLogger(__name__)
TAKEN_OVER = "This conversation now belongs to a user. Sign in, or open a new conversation."
ONCE_FOR = 24 * 3600 * SECOND
_IDS = uuid.UUID("2f6b1b5e-6ce5-5b5c-9df0-4b1f6f7a9e21")


def open_conversation(visit: Visit, once: Once | None = None) -> views.Conversation:
    """A visitor's new conversation, with a new contact. The same `once` gives the same ids again for 24 h.

    Raises Invalid when the key came with another body before; Conflict when a user has taken it over since: a
    fresh token would open what is theirs.
    """
    said = {name: getattr(visit, name) for name in ("name", "email", "phone")}
    for name in settings().contact_required:
        if not said[name]:
            raise Invalid(name, "is required")
    with session() as db:
        now = _still(db, once)
        contact_id, conversation_id = _new_id("contact", now), _new_id("conversation", now)
        contacts.open_visitor(db, contact_id, said)
        body = once.body if once else None
        conversations.open_new(db, conversation_id, contact_id, "web", visit.metadata, opening=body)
        row = conversations.get(db, conversation_id)
        _check_body(row, once)
        if not conversations.is_owner(row, contact_id):
            raise Conflict(TAKEN_OVER)
        return views.of_conversation(db, row)


def open_for_user(user_id: str, metadata: dict[str, Any], once: Once | None = None) -> views.Conversation:
    """A user's new conversation; `once` as above. Raises Invalid as above, Conflict when too many of theirs are open."""

    def write() -> tuple[views.Conversation, Sequence[str]]:
        with session() as db:
            conversation_id = _new_id("conversation", _still(db, once))
            body = once.body if once else None
            row, deleted = quota.open_for_user(db, conversation_id, user_id, "web", metadata, body)
            _check_body(row, once)
            return views.of_conversation(db, row), deleted

    opened, deleted = write()
    access.remember(opened.id, user_id)
    access.forget(deleted)
    _tell(web.state(opened))
    return opened


def _still(db: Session, once: Once | None) -> str | None:
    """The scope; or what stands for it after each 24 h, when it says the same again and means something new."""
    scope = once.scope if once else None
    while scope and (row := db.get(Conversation, _new_id("conversation", scope))):
        if row.created_at > microseconds() - ONCE_FOR:
            break
        scope = digest(scope)
    return scope


def _new_id(what: str, scope: str | None) -> str:
    return str(uuid.uuid5(_IDS, what + scope) if scope else uuid.uuid4())


def _check_body(row: Conversation, once: Once | None) -> None:
    """Raises Invalid when the conversation was opened by this key with another body."""
    if once is not None and row.opening != once.body:
        raise Invalid(KEY, USED_BEFORE)


def mark_read(conversation_id: str, up_to: str | None) -> None:
    """Moves the read mark to a message, or to the newest. Raises NotFound for a message of another conversation."""

    def write() -> list[Publication]:
        with session() as db:
            position = conversations.get(db, conversation_id).last_position
            if up_to is not None:
                position = messages.get(db, conversation_id, up_to).position
            revision = conversations.mark_read(db, conversation_id, position)
            marked = up_to or messages.id_at(db, conversation_id, position)
            return web.read(conversation_id, marked, revision) if marked and revision else []

    _tell(write())


def hand_off(conversation_id: str, by: str, reason: str | None = None) -> views.Conversation:
    """A person is asked for by this kind of author: nobody answers until one comes. Raises Conflict when that is not
    possible now."""
    return _move(conversation_id, WAITING, HandOff(by, reason))


def close(conversation_id: str) -> views.Conversation:
    """Ends the conversation; a new message within 24 h opens it again."""
    return _move(conversation_id, CLOSED)


def _move(conversation_id: str, state: str, wish: HandOff | None = None) -> views.Conversation:
    def write() -> views.Conversation:
        with session() as db:
            return views.of_conversation(db, conversations.move(db, conversation_id, state, wish))

    moved = write()
    _tell(web.state(moved))
    return moved


def _tell(events: Sequence[Publication]) -> None:
    """The change is stored, so the call has succeeded; those who cannot be told now read it when they come back."""
    try:
        publish(events)
    except RedisAway:
        log.warning("%s was stored and not told: Redis is away", events[0].data["type"])
