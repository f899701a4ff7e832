"""Whose an address is: several accounts may hold it until one of them has proved it by a code.

Proof wins: whoever repeats the code gets the address, and accounts that hold it unverified lose it (see
docs/decisions/0031-names-addresses-passwords.md).
"""

from __future__ import annotations

from sqlalchemy import delete, func, or_, select, update
from sqlmodel import Session

from models.accounts import verifications
from models.accounts.verifications import verification
from models.clock import microseconds
from models.errors import Conflict
from models.people import users
from models.people.users import COLUMNS, EMAIL, User, user

CANDIDATES_MAX = 3  # accounts that one sign-in looks at; each costs the hash of a password
HELD = "An account already uses this e-mail address, and nobody has verified it yet."


def holders(db: Session, email: str) -> list[User]:
    """The accounts that this address may sign in to.

    The one that has verified it, alone; else the first that named it and the two that named it last. So nobody who
    registers another's address takes the way in from the account that was there before.
    """
    u = user.c
    named = select(User).where(u.email == email.lower())
    verified = db.execute(named.where(u.email_verified)).scalar()
    if verified is not None:
        return [verified]
    first = db.execute(named.order_by(u.created_at, u.id).limit(1)).scalars().all()
    newest = named.where(u.id.not_in([row.id for row in first])).order_by(u.created_at.desc(), u.id.desc())
    return [*first, *db.execute(newest.limit(CANDIDATES_MAX - 1)).scalars()]


def named(db: Session, name: str) -> list[User]:
    """The accounts that a sign-in by this name may be of: the username's, or the holders of an e-mail address."""
    if "@" in name:
        return holders(db, name)
    found = users.of_username(db, name)
    return [found] if found else []


def check_unheld(db: Session, user_id: str, email: str) -> None:
    """For an address that nobody proves. Raises Conflict when any other account holds it."""
    users.check_free(db, user_id, EMAIL, email)
    u = user.c
    if db.execute(select(u.id).where(u.email == email, u.id != user_id)).first():
        raise Conflict(HELD)


def queue_up(db: Session, email: str) -> None:
    """Accounts that are made with one address come one after the other, until the transaction ends."""
    if db.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email, 0))))


def prove(db: Session, user_id: str, kind: str, code: str) -> list[str] | None:
    """The address that the code was sent to is this user's from now on. Returns the ids of those who lose it for that.

    None: the code is wrong. Raises NotFound (the user), Conflict (another account has verified the address before).
    """
    address = _awaited(db, user_id, kind)
    if address is not None:
        _lock(db, user_id, kind, address)
        if _awaited(db, user_id, kind) != address:  # another code was asked for just now
            return None
    if verifications.use(db, user_id, kind, code) is None or address is None:
        return None
    column, verified = COLUMNS[kind]
    users.change(db, user_id, **{column: address, verified: True})
    return _taken(db, user_id, kind, address)


def _awaited(db: Session, user_id: str, kind: str) -> str | None:
    v = verification.c
    return db.execute(select(v.address).where(v.user_id == user_id, v.kind == kind)).scalar()


def _lock(db: Session, user_id: str, kind: str, address: str) -> None:
    """Locks the user and all who hold the address, in the order of their ids: two who prove one address, or each the
    other's, come one after the other."""
    u = user.c
    theirs = or_(u.id == user_id, u[COLUMNS[kind][0]] == address)
    db.execute(select(u.id).where(theirs).order_by(u.id).with_for_update(key_share=True))


def _taken(db: Session, winner: str, kind: str, address: str) -> list[str]:
    """Takes the address from accounts that have not verified it, and makes their codes for it void."""
    u, v = user.c, verification.c
    column, verified = (u[name] for name in COLUMNS[kind])
    others = (column == address) & (u.id != winner) & ~verified
    lost = db.execute(
        update(user).where(others).values({column.name: None, "updated_at": microseconds()}).returning(u.id)
    )
    ids = list(lost.scalars())
    db.execute(delete(verification).where(v.kind == kind, v.address == address, v.user_id != winner))
    db.expire_all()
    return ids
