"""Lists of conversations: by owner, by state, and by a search."""

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
class Filter:
    """A visitor's, a user's, or (neither) all conversations; in this state; with the text `search` in the subject or in
    the owner's names or addresses."""

    contact_id: str | None = None
    user_id: str | None = None
    state: str | None = None
    search: str | None = None


def page(db: Session, filter_: Filter, before: tuple[int, str] | None, limit: int) -> list[Conversation]:
    """Conversations older than `before`, which is (created_at, id), newest first."""
    c = conversation.c
    query = _owned(select(Conversation), filter_)
    if filter_.state is not None:
        query = query.where(c.state == filter_.state)
    if filter_.search:
        query = _matching(query, filter_.search)
    if before is not None:
        query = query.where(tuple_(c.created_at, c.id) < before)
    return list(db.execute(query.order_by(c.created_at.desc(), c.id.desc()).limit(limit)).scalars())


def _owned(query: Select[Any], filter_: Filter) -> Select[Any]:
    c = conversation.c
    if filter_.user_id is not None:
        return query.where(c.user_id == filter_.user_id)
    if filter_.contact_id is not None:
        return query.where(c.contact_id == filter_.contact_id, c.user_id.is_(None))
    return query


def _matching(query: Select[Any], search: str) -> Select[Any]:
    v, u = contact.c, user.c
    query = query.outerjoin(contact, v.id == conversation.c.contact_id).outerjoin(user, u.id == conversation.c.user_id)
    columns = (conversation.c.subject, v.name, v.email, v.phone, u.full_name, u.username, u.email)
    return query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))


def newest_joinable(db: Session, contact_id: str) -> str | None:
    """The id of the contact's newest conversation that can take a message: open, or closed less than 24 h ago."""
    c = conversation.c
    joinable = c.closed_at.is_(None) | (c.closed_at > microseconds() - REOPEN_WITHIN)
    newest = select(c.id).where(c.contact_id == contact_id, joinable).order_by(c.created_at.desc()).limit(1)
    return db.execute(newest).scalar()
