"""What visitors change directly: they open, read, hand off and close conversations."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from channels import web
from channels.relay.events import Publication
from channels.relay.publish import publish
from ingress.database import in_database
from ingress.schemas import Visit
from models import contacts, conversations, messages
from models.conversations import CLOSED, WAITING
from models.errors import Invalid, RedisAway
from models.settings import settings
from models.store import session

log = logging.getLogger(__name__)
_IDS = uuid.UUID("2f6b1b5e-6ce5-5b5c-9df0-4b1f6f7a9e21")


def open_conversation(visit: Visit, once: str | None = None) -> dict[str, Any]:
    """A new conversation with a new contact. The same `once` (a digest) gives the same ids again."""
    said = {name: getattr(visit, name) for name in ("name", "email", "phone")}
    for name in settings().contact_required:
        if not said[name]:
            raise Invalid(name, "is required")
    contact_id = str(uuid.uuid5(_IDS, "contact" + once) if once else uuid.uuid4())
    conversation_id = str(uuid.uuid5(_IDS, "conversation" + once) if once else uuid.uuid4())

    def write() -> dict[str, Any]:
        with session() as opened:
            contacts.open_visitor(opened, contact_id, said)
            conversations.open_new(opened, conversation_id, contact_id, "web", visit.metadata)
            return conversations.shown(conversations.get(opened, conversation_id))

    return in_database(write)


def mark_read(conversation_id: str, up_to: str | None) -> None:
    """Moves the read mark to a message, or to the newest. Raises NotFound for a message of another conversation."""

    def write() -> str | None:
        with session() as opened:
            position = conversations.get(opened, conversation_id).last_position
            if up_to is not None:
                position = messages.get(opened, conversation_id, up_to).position
            if not conversations.mark_read(opened, conversation_id, position):
                return None
            return up_to or messages.id_at(opened, conversation_id, position)

    marked = in_database(write)
    if marked:
        _tell(web.read(conversation_id, marked))


def hand_off(conversation_id: str) -> dict[str, Any]:
    """A person is asked for: nobody answers until one comes. Raises Conflict when that is not possible now."""
    return _move(conversation_id, WAITING)


def close(conversation_id: str) -> dict[str, Any]:
    """Ends the conversation; a new message within 24 h opens it again."""
    return _move(conversation_id, CLOSED)


def _move(conversation_id: str, state: str) -> dict[str, Any]:
    def write() -> dict[str, Any]:
        with session() as opened:
            return conversations.shown(conversations.move(opened, conversation_id, state))

    moved = in_database(write)
    _tell(web.state(moved))
    return moved


def _tell(event: Publication) -> None:
    """The change is stored, so the call has succeeded; those who cannot be told now read it when they come back."""
    try:
        publish([event])
    except RedisAway:
        log.warning("%s was stored and not told: Redis is away", event.key)
