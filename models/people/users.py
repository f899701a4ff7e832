"""Users: people and their addresses. An address that is not verified identifies nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import BigInteger, Index, Table, Text, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel

from models.clock import microseconds, rfc3339
from models.errors import Conflict, NotFound
from models.people.identifiers import KEY_MAX, key_of
from models.people.usernames import look_of

EMAIL, PHONE = "email", "phone"
COLUMNS = {EMAIL: ("email", "email_verified"), PHONE: ("phone_number", "phone_verified")}
TAKEN = "This e-mail address is taken. If it is yours, sign in."
TAKEN_NAME = "This username is taken, or looks like one that is. If it is yours, sign in."
TAKEN_PHONE = "Another account has verified this phone number."
UNKNOWN = "There is no such user."


class User(SQLModel, table=True):
    """A person with an account. An address is unique only among accounts that have verified it.

    `generation` grows with every change of rights: tokens of an older generation are void.
    """

    __tablename__ = "users"  # `user` is a word of SQL
    __table_args__ = (
        Index(
            "user_email", "email", unique=True,
            sqlite_where=text("email_verified"), postgresql_where=text("email_verified"),
        ),
        Index(
            "user_phone", "phone_number", unique=True,
            sqlite_where=text("phone_verified"), postgresql_where=text("phone_verified"),
        ),
    )  # fmt: skip

    id: str = Field(primary_key=True, max_length=36)
    # None: another user has proved that it is theirs.
    email: str | None = Field(default=None, max_length=254, index=True)
    username: str | None = Field(default=None, max_length=100)
    username_key: str | None = Field(default=None, max_length=KEY_MAX, unique=True)
    # None: an older username looks the same.
    username_look: str | None = Field(default=None, max_length=KEY_MAX, unique=True)
    full_name: str | None = Field(default=None, max_length=200)
    bio: str | None = Field(default=None, sa_type=Text)
    phone_number: str | None = Field(default=None, max_length=16, index=True)
    email_verified: bool = False
    phone_verified: bool = False
    is_active: bool = True
    is_superuser: bool = False
    password_hash: str | None = Field(default=None, max_length=100)
    generation: int = 0
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger, index=True)


user = cast(Table, User.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def add(db: Session, user_id: str, email: str, **fields: Any) -> User:
    """The new user, or the existing user with this id in a rerun. Raises Conflict when the address or the name is taken."""
    existing = db.get(User, user_id)
    if existing is not None:
        return existing
    check_free(db, user_id, EMAIL, email)
    now = microseconds()
    row = User(id=user_id, email=email, created_at=now, updated_at=now, **fields)
    _name(row, row.username)
    return _flush(db, row)


def _flush(db: Session, row: User) -> User:
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict(TAKEN_NAME) from None
    return row


def _name(row: User, username: str | None) -> None:
    """Sets the username and the two keys that it is compared by."""
    row.username = username
    row.username_key = key_of(username) if username else None
    row.username_look = look_of(username) if username else None


def get(db: Session, user_id: str) -> User:
    """The user. Raises NotFound."""
    row = db.get(User, user_id)
    if row is None:
        raise NotFound(UNKNOWN)
    return row


def of_username(db: Session, username: str) -> User | None:
    """The user with this username, in whatever spelling; None when there is none."""
    return db.execute(select(User).where(user.c.username_key == key_of(username))).scalar()


def change(db: Session, user_id: str, **changes: Any) -> User:
    """Changes fields. Raises NotFound, or Conflict when what is unique is taken."""
    row = lock(db, user_id)  # a user who is deleted meanwhile is NotFound, not a lost update
    if changes.get("username", row.username) != row.username:
        _name(row, changes.pop("username"))
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = microseconds()
    return _flush(db, row)


def find_locked(db: Session, user_id: str) -> User | None:
    """The user's current row, locked until the transaction ends; None when there is no such user."""
    query = select(User).where(user.c.id == user_id).with_for_update(key_share=True)
    return db.execute(query.execution_options(populate_existing=True)).scalar()


def lock(db: Session, user_id: str) -> User:
    """The user's current row, locked until the transaction ends. Raises NotFound."""
    row = find_locked(db, user_id)
    if row is None:
        raise NotFound(UNKNOWN)
    return row


def check_free(db: Session, user_id: str, kind: str, address: str) -> None:
    """Raises Conflict when another account has verified the address. An account that merely holds it does not count."""
    column, verified = (user.c[name] for name in COLUMNS[kind])
    if db.execute(select(user.c.id).where(column == address, verified, user.c.id != user_id)).first():
        raise Conflict(TAKEN if kind == EMAIL else TAKEN_PHONE)


def renew_rights(db: Session, user_ids: Sequence[str]) -> dict[str, int]:
    """Makes the access tokens of these users void, since their rights have changed. Returns the new generations by id."""
    u = user.c
    selected = u.id.in_(list(user_ids))
    # Always in this order: no deadlock.
    db.execute(select(u.id).where(selected).order_by(u.id).with_for_update(key_share=True))
    rows = db.execute(
        update(user)
        .where(selected)
        .values(generation=u.generation + 1, updated_at=microseconds())
        .returning(u.id, u.generation)
    ).all()
    db.expire_all()
    return {row.id: row.generation for row in rows}


def page(db: Session, after: tuple[int, str] | None, limit: int, search: str | None = None) -> list[User]:
    """Users in the order of their creation, after (created_at, id). Each term of `search` occurs in a name or address."""
    u = user.c
    query = select(User).order_by(u.created_at, u.id).limit(limit)
    if after is not None:
        query = query.where(or_(u.created_at > after[0], (u.created_at == after[0]) & (u.id > after[1])))
    for term in (search or "").lower().split():
        matches = (func.lower(column).contains(term, autoescape=True) for column in (u.email, u.username, u.full_name))
        query = query.where(or_(*matches))
    return list(db.execute(query).scalars())


def shown(row: User, roles: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """A user as JSON, for the user and for superusers."""
    return {
        "id": row.id,
        "username": row.username,
        "email": row.email,
        "full_name": row.full_name,
        "bio": row.bio,
        "phone_number": row.phone_number,
        "email_verified": row.email_verified,
        "phone_verified": row.phone_verified,
        "is_active": row.is_active,
        "is_superuser": row.is_superuser,
        "roles": list(roles),
        "created_at": rfc3339(row.created_at),
        "updated_at": rfc3339(row.updated_at),
    }
