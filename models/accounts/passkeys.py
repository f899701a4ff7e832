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

MOST = 50  # of an account: all of them travel when one more is made
REFUSED = "The passkey is unknown, or it was not used correctly."
LAST_WAY = "This passkey is the only way to sign in to the account. Set a password or add another passkey first."
KNOWN = "This passkey already belongs to an account."


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
    """A user's new passkey, or the one of this id when a rerun adds it. Raises NotFound (the user), Conflict."""
    _lock(db, user_id)
    known = db.get(Passkey, passkey_id)
    if known is not None:
        return known
    if db.execute(select(func.count()).where(passkey.c.user_id == user_id)).scalar_one() >= MOST:
        raise Conflict(f"An account has at most {MOST} passkeys. Delete one first.")
    made = Passkey(id=passkey_id, user_id=user_id, name=name, created_at=microseconds(), **credential)
    try:
        with db.begin_nested():
            db.add(made)
    except IntegrityError:
        raise Conflict(KNOWN) from None
    return made


def find(db: Session, credential_id: str) -> tuple[Passkey, User] | None:
    """The passkey of an authenticator's credential, and whose it is."""
    query = select(Passkey, User).join(user, user.c.id == passkey.c.user_id)
    row = db.execute(query.where(passkey.c.credential_id == credential_id)).first()
    db.expunge_all()  # they are looked at outside of the transaction
    return (row[0], row[1]) if row else None


def note_use(db: Session, passkey_id: str, counter: int, *, backed_up: bool) -> bool:
    """Moves the signature counter on. False when it does not grow: somebody may have copied the authenticator.

    Authenticators without a counter always say 0 (WebAuthn Level 3, 6.1.1). Of two uses of one assertion one wins.
    """
    p = passkey.c
    grows = p.sign_count < counter if counter else p.sign_count == 0
    used = {"sign_count": counter, "last_used_at": microseconds(), "backed_up": backed_up}
    moved = db.execute(update(passkey).where(p.id == passkey_id, grows).values(used))
    return bool(moved.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE's result has it


def grows(known: int, counter: int) -> bool:
    """Whether a counter may follow the known one, as `note_use` has it."""
    return counter > known or counter == known == 0


def of_user(db: Session, user_id: str) -> Sequence[Passkey]:
    """The user's passkeys, the oldest first."""
    p = passkey.c
    return list(db.execute(select(Passkey).where(p.user_id == user_id).order_by(p.created_at, p.id)).scalars())


def remove(db: Session, user_id: str, passkey_id: str) -> None:
    """Deletes a passkey of this user. Raises NotFound, also for another's; Conflict for the last way in.

    Two at once queue at the user's row."""
    p = passkey.c
    has_password = _lock(db, user_id)
    found = db.get(Passkey, passkey_id)
    if found is None or found.user_id != user_id:
        raise NotFound("There is no such passkey.")
    others = select(func.count()).where(p.user_id == user_id, p.id != passkey_id)
    if not has_password and not db.execute(others).scalar_one():
        raise Conflict(LAST_WAY)
    db.execute(delete(passkey).where(p.id == passkey_id))


def shown(row: Passkey) -> dict[str, Any]:
    """A passkey as its user sees it."""
    return {
        "id": row.id,
        "name": row.name,
        "created_at": rfc3339(row.created_at),
        "last_used_at": rfc3339(row.last_used_at),
        "backed_up": row.backed_up,
        "transports": row.transports,
    }


def _lock(db: Session, user_id: str) -> bool:
    """Changes of a user's passkeys queue here. True: the user has a password. Raises NotFound.

    Not FOR UPDATE: who holds the passkey and then refers to the user would wait for it, and deadlock.
    """
    query = select(user.c.password_hash).where(user.c.id == user_id).with_for_update(key_share=True)
    found = db.execute(query).first()
    if found is None:
        raise NotFound(UNKNOWN)
    return found.password_hash is not None
