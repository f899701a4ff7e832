"""Passkeys: public keys of authenticators (WebAuthn Level 3), each of one user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, LargeBinary, Table, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel

from models.clock import microseconds, rfc3339
from models.errors import Conflict, NotFound
from models.people.users import UNKNOWN, User, user

MOST = 50  # per account: creating another one sends the whole list to the browser
REFUSED = "The passkey is unknown, or it was not used correctly."
LAST_WAY = "This passkey is the only way to sign in to the account. Set a password or add another passkey first."
NOT_FREE = "This passkey already belongs to an account."


class Passkey(SQLModel, table=True):
    """A credential. `id` is ours, `credential_id` the authenticator's in base64url."""

    id: str = Field(primary_key=True, max_length=36)
    user_id: str = Field(foreign_key="users.id", max_length=36, index=True)
    credential_id: str = Field(max_length=1400, unique=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = Field(default=0, sa_type=BigInteger)
    name: str = Field(max_length=100)
    transports: list[str] = Field(default_factory=list, sa_type=JSON)
    backed_up: bool = False
    created_at: int = Field(sa_type=BigInteger)
    last_used_at: int | None = Field(default=None, sa_type=BigInteger)


passkey = cast(Table, Passkey.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def add(db: Session, passkey_id: str, user_id: str, name: str, **credential: Any) -> Passkey:
    """The new passkey, or the existing one with this id, so that a rerun adds no second one.

    Raises NotFound (the user), Conflict (another account has the credential, or the account has too many)."""
    _lock_user(db, user_id)
    existing = db.get(Passkey, passkey_id)
    if existing is not None:
        return existing
    if db.execute(select(func.count()).where(passkey.c.user_id == user_id)).scalar_one() >= MOST:
        raise Conflict(f"An account has at most {MOST} passkeys. Delete one first.")
    row = Passkey(id=passkey_id, user_id=user_id, name=name, created_at=microseconds(), **credential)
    try:
        with db.begin_nested():
            db.add(row)
    except IntegrityError:
        raise Conflict(NOT_FREE) from None
    return row


def find(db: Session, credential_id: str) -> tuple[Passkey, User] | None:
    """The passkey with this credential id, and its user. None when it is unknown."""
    query = select(Passkey, User).join(user, user.c.id == passkey.c.user_id)
    row = db.execute(query.where(passkey.c.credential_id == credential_id)).first()
    db.expunge_all()  # the rows are read after the transaction has ended
    return (row[0], row[1]) if row else None


def note_use(db: Session, passkey_id: str, counter: int, *, backed_up: bool) -> bool:
    """Stores the new signature counter. False when it did not increase: the authenticator may have been copied.

    Authenticators without a counter always send 0 (WebAuthn Level 3, 6.1.1). If one assertion is used twice at once, the
    conditional UPDATE accepts one of the two.
    """
    p = passkey.c
    increases = p.sign_count < counter if counter else p.sign_count == 0
    changes = {"sign_count": counter, "last_used_at": microseconds(), "backed_up": backed_up}
    result = db.execute(update(passkey).where(p.id == passkey_id, increases).values(changes))
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has it


def is_next_count(stored: int, counter: int) -> bool:
    """Whether `note_use` would accept this counter after the stored one."""
    return counter > stored or counter == stored == 0


def of_user(db: Session, user_id: str) -> Sequence[Passkey]:
    """The user's passkeys, the oldest first."""
    p = passkey.c
    return list(db.execute(select(Passkey).where(p.user_id == user_id).order_by(p.created_at, p.id)).scalars())


def remove(db: Session, user_id: str, passkey_id: str) -> None:
    """Deletes a passkey of this user. Raises NotFound, also for another user's; Conflict for the last way to sign in.

    Concurrent calls wait for each other at the user's row."""
    p = passkey.c
    has_password = _lock_user(db, user_id)
    row = db.get(Passkey, passkey_id)
    if row is None or row.user_id != user_id:
        raise NotFound("There is no such passkey.")
    others = select(func.count()).where(p.user_id == user_id, p.id != passkey_id)
    if not has_password and not db.execute(others).scalar_one():
        raise Conflict(LAST_WAY)
    db.execute(delete(passkey).where(p.id == passkey_id))


def shown(row: Passkey) -> dict[str, Any]:
    """A passkey as JSON for its user."""
    return {
        "id": row.id,
        "name": row.name,
        "created_at": rfc3339(row.created_at),
        "last_used_at": rfc3339(row.last_used_at),
        "backed_up": row.backed_up,
        "transports": row.transports,
    }


def _lock_user(db: Session, user_id: str) -> bool:
    """Serialises changes to a user's passkeys. Returns whether the user has a password. Raises NotFound.

    Not FOR UPDATE: a transaction that holds the passkey and then inserts a reference to the user would deadlock.
    """
    query = select(user.c.password_hash).where(user.c.id == user_id).with_for_update(key_share=True)
    row = db.execute(query).first()
    if row is None:
        raise NotFound(UNKNOWN)
    return row.password_hash is not None
