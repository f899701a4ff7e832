"""Whose a conversation is, and who may read it. Another's is as unknown as none.

A visitor's token says it; any other conversation is looked up, and remembered in Redis for 24 h, so that its owner goes
on writing to it while the database is away. One that was closed for more than 24 h is not remembered, so the database is
asked before a message opens another one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlmodel import Session

from ingress.identity.principal import VISITOR, Principal
from models.accounts.roles import OPERATE
from models.clock import SECOND, microseconds
from models.conversations import conversations, owners, quota, successors
from models.conversations.conversations import REOPEN_WITHIN, Conversation
from models.errors import DatabaseAway, NotFound, RedisAway
from models.store.database import reading

log = logging.getLogger(__name__)
UNKNOWN = "There is no such conversation."


def own(principal: Principal, conversation_id: str) -> None:
    """Raises NotFound unless the conversation is the principal's own; DatabaseAway when only the database knows."""
    _check(principal, conversation_id, _check_owner)


def writable(principal: Principal, conversation_id: str) -> None:
    """As `own`. Raises Conflict when a message would open one conversation more than the user may have."""
    _check(principal, conversation_id, _check_writer)


def _check(principal: Principal, conversation_id: str, check: Callable[[Principal, str], int | None]) -> None:
    """A visitor's token is also good for what continues its conversation: without the database, the ids tell that."""
    if principal.conversation_id == conversation_id or _remembered(conversation_id) == principal.id:
        return
    try:
        closed_at = check(principal, conversation_id)
    except DatabaseAway:
        if principal.kind == VISITOR and successors.continues(conversation_id, principal.conversation_id):
            return
        raise
    remember(conversation_id, principal.id, closed_at)


def readable(principal: Principal, conversation_id: str) -> None:
    """Raises NotFound unless it is the principal's own, or the principal may operate. DatabaseAway as `own`."""
    if principal.may(OPERATE):
        _check_there(conversation_id)
    else:
        own(principal, conversation_id)


def check_readable(principal: Principal, row: Conversation) -> None:
    """The same for a conversation that has been read. Raises NotFound."""
    if not (principal.may(OPERATE) or conversations.is_owner(row, principal.id)):
        raise NotFound(UNKNOWN)


def remember(conversation_id: str, owner_id: str, closed_at: int | None = None) -> None:
    """What the database has just said, for as long as a message would not open another conversation. Without Redis the
    database is asked again."""
    seconds = owners.REMEMBERED
    if closed_at is not None:
        seconds = min(seconds, (closed_at + REOPEN_WITHIN - microseconds()) // SECOND)
    try:
        if seconds > 0:
            owners.remember(conversation_id, owner_id, seconds)
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
        return owners.find(conversation_id)
    except RedisAway:
        return None


def _check_owner(principal: Principal, conversation_id: str) -> int | None:
    """When it was closed, in µs."""
    with reading() as db:
        return _owned(db, principal, conversation_id).closed_at


def _check_writer(principal: Principal, conversation_id: str) -> int | None:
    """When it was closed, in µs."""
    with reading() as db:
        row = _owned(db, principal, conversation_id)
        quota.check_may_continue(db, row)
        return row.closed_at


def _owned(db: Session, principal: Principal, conversation_id: str) -> Conversation:
    row = conversations.get(db, conversation_id)
    if not conversations.is_owner(row, principal.id):
        raise NotFound(UNKNOWN)
    return row


def _check_there(conversation_id: str) -> None:
    with reading() as db:
        conversations.get(db, conversation_id)
