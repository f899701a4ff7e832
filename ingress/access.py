"""Whose a conversation is, and who may read it. Another's is as unknown as none.

A visitor's token says it; a user's conversation is looked up, and remembered in Redis for 24 h, so that users go on
writing to it while the database is away.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ingress.database import in_database
from ingress.tokens import USER, Principal
from models import conversations, owners
from models.accounts.roles import OPERATE
from models.conversations import Conversation
from models.errors import NotFound, RedisAway
from models.store import reading

log = logging.getLogger(__name__)
UNKNOWN = "There is no such conversation."


def own(principal: Principal, conversation_id: str) -> None:
    """Raises NotFound unless the conversation is the principal's own; DatabaseAway when only the database knows."""
    if conversation_id == principal.conversation_id:
        return
    if principal.kind == USER and _remembered(conversation_id) == principal.id:
        return
    in_database(_check_owner, principal, conversation_id)
    if principal.kind == USER:
        remember(conversation_id, principal.id)


def readable(principal: Principal, conversation_id: str) -> None:
    """Raises NotFound unless it is the principal's own, or the principal may operate. DatabaseAway as `own`."""
    if principal.may(OPERATE):
        in_database(_check_there, conversation_id)
    else:
        own(principal, conversation_id)


def check_readable(principal: Principal, row: Conversation) -> None:
    """The same for a conversation that has been read. Raises NotFound."""
    if not (principal.may(OPERATE) or conversations.is_owner(row, principal.id)):
        raise NotFound(UNKNOWN)


def remember(conversation_id: str, user_id: str) -> None:
    """What the database has just said. Without Redis it is asked again."""
    try:
        owners.remember(conversation_id, user_id)
    except RedisAway:
        log.warning("an owner could not be remembered: Redis is away")


def forget(conversation_ids: Sequence[str]) -> None:
    """What the database has just deleted. Without Redis a message to one of them would become a dead letter."""
    try:
        owners.forget(conversation_ids)
    except RedisAway:
        log.warning("owners could not be forgotten: Redis is away")


def _remembered(conversation_id: str) -> str | None:
    try:
        return owners.known(conversation_id)
    except RedisAway:
        return None


def _check_owner(principal: Principal, conversation_id: str) -> None:
    with reading() as opened:
        if not conversations.is_owner(conversations.get(opened, conversation_id), principal.id):
            raise NotFound(UNKNOWN)


def _check_there(conversation_id: str) -> None:
    with reading() as opened:
        conversations.get(opened, conversation_id)
