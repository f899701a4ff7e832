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

    `generation` grows with every change of rights: tokens of an older one are void.
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
    email: str | None = Field(default=None, max_length=254, index=True)  # None: somebody else has proved it theirs
    username: str | None = Field(default=None, max_length=100)
    username_key: str | None = Field(default=None, max_length=KEY_MAX, unique=True)
    username_look: str | None = Field(default=None, max_length=KEY_MAX, unique=True)  # None: an older name had it first
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


def add(db: Session, user_id: str, email: str, **said: Any) -> User:
    """A new user. Returns the one there is when this id has been added before. Raises Conflict: taken."""
    known = db.get(User, user_id)
    if known is not None:
        return known
    check_free(db, user_id, EMAIL, email)
    now = microseconds()
    made = User(id=user_id, email=email, created_at=now, updated_at=now, **said)
    _name(made, made.username)
    return _flushed(db, made)


def _flushed(db: Session, changed: User) -> User:
    try:
        with db.begin_nested():
            db.add(changed)
    except IntegrityError:
        raise Conflict(TAKEN_NAME) from None
    return changed


def _name(row: User, username: str | None) -> None:
    """Sets the name and what it is compared by."""
    row.username = username
    row.username_key = key_of(username) if username else None
    row.username_look = look_of(username) if username else None


def get(db: Session, user_id: str) -> User:
    """The user. Raises NotFound."""
    found = db.get(User, user_id)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def of_username(db: Session, username: str) -> User | None:
    """The user of this name, however it is written."""
    return db.execute(select(User).where(user.c.username_key == key_of(username))).scalar()


def change(db: Session, user_id: str, **changes: Any) -> User:
    """Changes fields. Raises NotFound, or Conflict when what is unique is taken."""
    found = lock(db, user_id)  # else one who is deleted meanwhile would be a row that is missed
    if changes.get("username", found.username) != found.username:
        _name(found, changes.pop("username"))
    for name, value in changes.items():
        setattr(found, name, value)
    found.updated_at = microseconds()
    return _flushed(db, found)


def locked(db: Session, user_id: str) -> User | None:
    """The user as they are now; whoever else changes or locks them waits until the transaction ends."""
    query = select(User).where(user.c.id == user_id).with_for_update(key_share=True)
    return db.execute(query.execution_options(populate_existing=True)).scalar()


def lock(db: Session, user_id: str) -> User:
    """The same. Raises NotFound."""
    found = locked(db, user_id)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def check_free(db: Session, user_id: str, kind: str, address: str) -> None:
    """Raises Conflict when another account has verified the address. Holding it unverified keeps nobody from it."""
    column, verified = (user.c[name] for name in COLUMNS[kind])
    if db.execute(select(user.c.id).where(column == address, verified, user.c.id != user_id)).first():
        raise Conflict(TAKEN if kind == EMAIL else TAKEN_PHONE)


def renew_rights(db: Session, user_ids: Sequence[str]) -> dict[str, int]:
    """Makes the access tokens of these users void, for their rights have changed. Returns the new generations."""
    u = user.c
    theirs = u.id.in_(list(user_ids))
    db.execute(select(u.id).where(theirs).order_by(u.id).with_for_update(key_share=True))  # in one order, always
    renewed = db.execute(
        update(user)
        .where(theirs)
        .values(generation=u.generation + 1, updated_at=microseconds())
        .returning(u.id, u.generation)
    ).all()
    db.expire_all()
    return {row.id: row.generation for row in renewed}


def page(db: Session, after: tuple[int, str] | None, limit: int, words: str | None = None) -> list[User]:
    """Users in the order of their creation, behind (created_at, id); each of the `words` stands in a name or address."""
    u = user.c
    query = select(User).order_by(u.created_at, u.id).limit(limit)
    if after is not None:
        query = query.where(or_(u.created_at > after[0], (u.created_at == after[0]) & (u.id > after[1])))
    for word in (words or "").lower().split():
        named = (func.lower(column).contains(word, autoescape=True) for column in (u.email, u.username, u.full_name))
        query = query.where(or_(*named))
    return list(db.execute(query).scalars())


def shown(row: User, roles: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """A user as the user and superusers see them."""
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
