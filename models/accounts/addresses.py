"""Ownership of addresses: several accounts may hold an address until one of them verifies it with a code.

The account that verifies it keeps it; accounts that merely hold it lose it (see
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

CANDIDATES_MAX = 3  # accounts that one sign-in tries; each costs a password hash
HELD = "An account already uses this e-mail address, and nobody has verified it yet."


def holders(db: Session, email: str) -> list[User]:
    """The accounts that a sign-in with this address may mean.

    If an account has verified the address, only that account. Otherwise the account that named it first and the two that
    named it last: registering another person's address does not shut out the account that was there before.
    """
    u = user.c
    holding = select(User).where(u.email == email.lower())
    verified = db.execute(holding.where(u.email_verified)).scalar()
    if verified is not None:
        return [verified]
    oldest = db.execute(holding.order_by(u.created_at, u.id).limit(1)).scalars().all()
    newest = holding.where(u.id.not_in([row.id for row in oldest])).order_by(u.created_at.desc(), u.id.desc())
    return [*oldest, *db.execute(newest.limit(CANDIDATES_MAX - 1)).scalars()]


def sign_in_candidates(db: Session, identifier: str) -> list[User]:
    """The accounts that a sign-in may mean: the account of a username, or the holders of an e-mail address."""
    if "@" in identifier:
        return holders(db, identifier)
    row = users.of_username(db, identifier)
    return [row] if row else []


def check_unheld(db: Session, user_id: str, email: str) -> None:
    """Raises Conflict when any other account holds the address. For an address that nobody proves."""
    users.check_free(db, user_id, EMAIL, email)
    u = user.c
    if db.execute(select(u.id).where(u.email == email, u.id != user_id)).first():
        raise Conflict(HELD)


def lock_address(db: Session, email: str) -> None:
    """Serialises the creation of accounts with this address until the transaction ends."""
    if db.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email, 0))))


def prove(db: Session, user_id: str, kind: str, code: str) -> list[str] | None:
    """Gives the user the address that the code was sent to. Returns the ids of the users who lose it.

    None: the code is wrong. Raises NotFound (the user), Conflict (another account has verified the address).
    """
    address = _pending_address(db, user_id, kind)
    if address is not None:
        _lock_holders(db, user_id, kind, address)
        if _pending_address(db, user_id, kind) != address:  # another code was requested meanwhile
            return None
    if verifications.use(db, user_id, kind, code) is None or address is None:
        return None
    column, is_verified = COLUMNS[kind]
    users.change(db, user_id, **{column: address, is_verified: True})
    return _take_from_others(db, user_id, kind, address)


def _pending_address(db: Session, user_id: str, kind: str) -> str | None:
    v = verification.c
    return db.execute(select(v.address).where(v.user_id == user_id, v.kind == kind)).scalar()


def _lock_holders(db: Session, user_id: str, kind: str, address: str) -> None:
    """Locks the user and all holders of the address in the order of their ids, so that two users who prove the same
    address, or each other's, wait for one another."""
    u = user.c
    holders_or_user = or_(u.id == user_id, u[COLUMNS[kind][0]] == address)
    db.execute(select(u.id).where(holders_or_user).order_by(u.id).with_for_update(key_share=True))


def _take_from_others(db: Session, winner: str, kind: str, address: str) -> list[str]:
    """Removes the address from accounts that have not verified it, and voids their codes for it. Returns their ids."""
    u, v = user.c, verification.c
    column, verified = (u[name] for name in COLUMNS[kind])
    others = (column == address) & (u.id != winner) & ~verified
    cleared = db.execute(
        update(user).where(others).values({column.name: None, "updated_at": microseconds()}).returning(u.id)
    )
    losers = list(cleared.scalars())
    db.execute(delete(verification).where(v.kind == kind, v.address == address, v.user_id != winner))
    db.expire_all()
    return losers
