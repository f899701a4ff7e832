"""Lists of conversations: whose, in which state, and with which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select, tuple_
from sqlmodel import Session

from models.clock import microseconds
from models.conversations.conversations import REOPEN_WITHIN, Conversation, conversation
from models.people.contacts import contact
from models.people.users import user


@dataclass(frozen=True)
class Wanted:
    """Which conversations: a visitor's, a user's, or (neither) everybody's; in this state; with these words in the
    subject or in what is known of the person."""

    contact_id: str | None = None
    user_id: str | None = None
    state: str | None = None
    words: str | None = None


def page(db: Session, wanted: Wanted, before: tuple[int, str] | None, limit: int) -> list[Conversation]:
    """Newest first, those older than (created_at, id)."""
    c = conversation.c
    asked = _of(select(Conversation), wanted)
    if wanted.state is not None:
        asked = asked.where(c.state == wanted.state)
    if wanted.words:
        asked = _with_words(asked, wanted.words)
    if before is not None:
        asked = asked.where(tuple_(c.created_at, c.id) < before)
    return list(db.execute(asked.order_by(c.created_at.desc(), c.id.desc()).limit(limit)).scalars())


def _of(query: Select[Any], wanted: Wanted) -> Select[Any]:
    c = conversation.c
    if wanted.user_id is not None:
        return query.where(c.user_id == wanted.user_id)
    if wanted.contact_id is not None:
        return query.where(c.contact_id == wanted.contact_id, c.user_id.is_(None))
    return query


def _with_words(query: Select[Any], words: str) -> Select[Any]:
    v, u = contact.c, user.c
    query = query.outerjoin(contact, v.id == conversation.c.contact_id).outerjoin(user, u.id == conversation.c.user_id)
    columns = (conversation.c.subject, v.name, v.email, v.phone, u.full_name, u.username, u.email)
    return query.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))


def newest_joinable(db: Session, contact_id: str) -> str | None:
    """The id of the contact's newest conversation that a message may join: open, or closed less than 24 h ago."""
    c = conversation.c
    joinable = c.closed_at.is_(None) | (c.closed_at > microseconds() - REOPEN_WITHIN)
    newest = select(c.id).where(c.contact_id == contact_id, joinable).order_by(c.created_at.desc()).limit(1)
    return db.execute(newest).scalar()
