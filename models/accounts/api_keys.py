"""API keys: for programs that act for a user within scopes. The secret is shown once; its hash is kept."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Table, func, select
from sqlmodel import Field, Session, SQLModel

from models.clock import SECOND, microseconds, rfc3339
from models.errors import Conflict, Invalid, NotFound
from models.people import users
from models.people.users import user

PREFIX = "sbk_"
MAX = 50  # a user
SEEN_EVERY = 60 * SECOND  # its last use is noted so often, so that a busy program is no busy writer
READ, WRITE = "conversations:read", "conversations:write"
SCOPES = {
    READ: "Read the user's conversations and messages",
    WRITE: "Open conversations and write messages as the user",
}


class ApiKey(SQLModel, table=True):
    """A key. Its secret has 256 random bits, so one round of SHA-256 hides it well."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True, max_length=36)
    user_id: str = Field(foreign_key="users.id", max_length=36, index=True)
    name: str = Field(max_length=100)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    digest: str = Field(max_length=64, unique=True)
    created_at: int = Field(sa_type=BigInteger)
    last_used_at: int | None = Field(default=None, sa_type=BigInteger)


api_key = cast(Table, ApiKey.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def add(db: Session, user_id: str, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
    """A new key and its secret, which nobody can show again.

    Raises Invalid for a scope there is not, Conflict when the user has as many keys as one may have.
    """
    if set(scopes) - set(SCOPES):
        raise Invalid("scopes", f"may contain only {', '.join(SCOPES)}")
    users.lock(db, user_id)  # so that two at once are counted one after the other
    if db.execute(select(func.count()).where(api_key.c.user_id == user_id)).scalar_one() >= MAX:
        raise Conflict(f"You have {MAX} API keys, the maximum. Delete one first.")
    secret = PREFIX + secrets.token_urlsafe(32)
    made = ApiKey(
        id=str(uuid.uuid4()),
        user_id=user_id,
        name=name,
        scopes=sorted(set(scopes)),
        digest=_digest(secret),
        created_at=microseconds(),
    )
    db.add(made)
    return made, secret


def find(db: Session, secret: str) -> ApiKey | None:
    """The key of an active user, or None."""
    k, u = api_key.c, user.c
    query = select(ApiKey).join(user, u.id == k.user_id).where(k.digest == _digest(secret), u.is_active)
    return db.execute(query).scalar()


def is_alive(db: Session, key_id: str) -> bool:
    """Whether the key is there and its user is active."""
    k, u = api_key.c, user.c
    query = select(k.id).join(user, u.id == k.user_id).where(k.id == key_id, u.is_active)
    return db.execute(query).first() is not None


def is_stale(key: ApiKey) -> bool:
    """Whether its last use is to be noted anew."""
    return microseconds() - (key.last_used_at or 0) > SEEN_EVERY


def note_use(db: Session, key_id: str) -> None:
    """Notes that it was used just now."""
    k = api_key.c
    db.execute(api_key.update().where(k.id == key_id).values(last_used_at=microseconds()))


def of_user(db: Session, user_id: str) -> Sequence[ApiKey]:
    """The user's keys, the newest first."""
    k = api_key.c
    return list(db.execute(select(ApiKey).where(k.user_id == user_id).order_by(k.created_at.desc(), k.id)).scalars())


def ids_of(db: Session, user_id: str) -> list[str]:
    """The ids of the user's keys."""
    return list(db.execute(select(api_key.c.id).where(api_key.c.user_id == user_id)).scalars())


def remove(db: Session, user_id: str, key_id: str) -> None:
    """Deletes a key of this user. Raises NotFound, also for another's."""
    found = db.get(ApiKey, key_id)
    if found is None or found.user_id != user_id:
        raise NotFound("There is no such API key.")
    db.delete(found)


def shown(row: ApiKey) -> dict[str, Any]:
    """A key as its user sees it, without its secret."""
    named = {"id": row.id, "name": row.name, "scopes": row.scopes}
    return named | {"created_at": rfc3339(row.created_at), "last_used_at": rfc3339(row.last_used_at)}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()  # a socket's JSON may hold lone surrogates
