"""Contacts: people who write without an account. An address that they state does not identify them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import cast

from sqlalchemy import BigInteger, Table, UniqueConstraint, update
from sqlmodel import Field, Session, SQLModel

from models.clock import microseconds
from models.errors import NotFound
from models.store import inserts

RETIRED = "retired"  # the channel of a visitor whose user was deleted
_NAMESPACE = uuid.UUID("5cbb0d4a-7c52-5d0b-9a53-0d6a0fbb3c11")


class Contact(SQLModel, table=True):
    """An anonymous visitor, or the sender behind an address of a channel."""

    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: str = Field(primary_key=True, max_length=36)
    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=32)
    channel: str | None = Field(default=None, max_length=64)
    address: str | None = Field(default=None, max_length=255)
    created_at: int = Field(sa_type=BigInteger)


contact = cast(Table, Contact.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def id_of_sender(channel: str, address: str) -> str:
    """A sender's id, derived from the address, so that two processes that see the sender first agree on it."""
    return str(uuid.uuid5(_NAMESPACE, f"{channel}\0{address}"))


def open_visitor(db: Session, contact_id: str, details: dict[str, str | None]) -> None:
    """Stores a new visitor with their own details (name, email, phone). Does nothing when the id exists."""
    db.execute(inserts.or_ignore(db, contact), [{"id": contact_id, "created_at": microseconds(), **details}])


def ensure_senders(db: Session, senders: dict[str, tuple[str, str]]) -> None:
    """Stores the senders that are new. `senders`: id → (channel, address)."""
    now = microseconds()
    rows = [{"id": i, "channel": ch, "address": ad, "created_at": now} for i, (ch, ad) in senders.items()]
    if rows:
        db.execute(inserts.or_ignore(db, contact), rows)


def retire(db: Session, ids: Sequence[str]) -> None:
    """Removes what these visitors said about themselves. Their tokens stay void (see models.accounts.revocations)."""
    c = contact.c
    blank = {"name": None, "email": None, "phone": None, "channel": RETIRED, "address": c.id}
    db.execute(update(contact).where(c.id.in_(list(ids)), c.channel.is_(None)).values(blank))


def get(db: Session, contact_id: str) -> Contact:
    """The contact. Raises NotFound."""
    row = db.get(Contact, contact_id)
    if row is None:
        raise NotFound("There is no such contact.")
    return row
