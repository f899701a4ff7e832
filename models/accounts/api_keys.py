"""API keys: a program uses one to act for a user within scopes. The secret is shown once; only its hash is stored."""

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
MAX = 50  # per user
SEEN_EVERY = 60 * SECOND  # the last use is written at most this often, so that a busy program causes few writes
READ, WRITE = "conversations:read", "conversations:write"
SCOPES = {
    READ: "Read the user's conversations and messages",
    WRITE: "Open conversations and write messages as the user",
}


class ApiKey(SQLModel, table=True):
    """An API key. Its secret has 256 random bits, so a single SHA-256 is a safe hash."""

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
    """The new key and its secret, which cannot be shown again.

    Raises Invalid for an unknown scope, Conflict when the user has the maximum number of keys.
    """
    if set(scopes) - set(SCOPES):
        raise Invalid("scopes", f"may contain only {', '.join(SCOPES)}")
    users.lock(db, user_id)  # so that two calls at once are counted one after the other
    if db.execute(select(func.count()).where(api_key.c.user_id == user_id)).scalar_one() >= MAX:
        raise Conflict(f"You have {MAX} API keys, the maximum. Delete one first.")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        id=str(uuid.uuid4()),
        user_id=user_id,
        name=name,
        scopes=sorted(set(scopes)),
        digest=_digest(secret),
        created_at=microseconds(),
    )
    db.add(row)
    return row, secret


def find(db: Session, secret: str) -> ApiKey | None:
    """The key with this secret; None when it is unknown or its user is not active."""
    k, u = api_key.c, user.c
    query = select(ApiKey).join(user, u.id == k.user_id).where(k.digest == _digest(secret), u.is_active)
    return db.execute(query).scalar()


def is_alive(db: Session, key_id: str) -> bool:
    """Whether the key exists and its user is active."""
    k, u = api_key.c, user.c
    query = select(k.id).join(user, u.id == k.user_id).where(k.id == key_id, u.is_active)
    return db.execute(query).first() is not None


def is_stale(key: ApiKey) -> bool:
    """Whether the key's last use should be written again."""
    return microseconds() - (key.last_used_at or 0) > SEEN_EVERY


def note_use(db: Session, key_id: str) -> None:
    """Records that the key was used just now."""
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
    """Deletes a key of this user. Raises NotFound, also for another user's key."""
    row = db.get(ApiKey, key_id)
    if row is None or row.user_id != user_id:
        raise NotFound("There is no such API key.")
    db.delete(row)


def shown(row: ApiKey) -> dict[str, Any]:
    """A key as JSON for its user, without the secret."""
    fields = {"id": row.id, "name": row.name, "scopes": row.scopes}
    return fields | {"created_at": rfc3339(row.created_at), "last_used_at": rfc3339(row.last_used_at)}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()  # a socket's JSON may hold lone surrogates
