"""Verification of an address: a single-use code is sent to it; entering the code proves that the address is the user's."""

from __future__ import annotations

import hmac
import secrets
from typing import cast

from sqlalchemy import BigInteger, Table, update
from sqlmodel import Field, Session, SQLModel

from models import sealing
from models.clock import SECOND, microseconds
from models.errors import Invalid
from models.people import users
from models.people.users import EMAIL, PHONE

LIFETIME = 10 * 60 * SECOND
TRIES = 5
WRONG = "is not the right code, or has expired; ask for a new one"


__all__ = ["EMAIL", "PHONE", "Verification", "begin", "forget", "refused", "use", "verification"]


class Verification(SQLModel, table=True):
    """A code that is pending, at most one per user and kind. Only an HMAC is stored: a million codes are quickly tried."""

    user_id: str = Field(foreign_key="users.id", primary_key=True, max_length=36)
    kind: str = Field(primary_key=True, max_length=5)
    address: str = Field(max_length=254)
    code_hash: str = Field(max_length=64)
    tries_left: int
    expires_at: int = Field(sa_type=BigInteger)


verification = cast(Table, Verification.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def begin(db: Session, user_id: str, kind: str, address: str) -> str:
    """A new six-digit code for the address; it voids the previous code. Raises NotFound."""
    users.lock(db, user_id)  # two requests at once wait for each other
    forget(db, user_id, kind)
    code = f"{secrets.randbelow(10**6):06}"
    db.add(
        Verification(
            user_id=user_id,
            kind=kind,
            address=address,
            code_hash=_hash(sealing.derived("code")[0], user_id, address, code),
            tries_left=TRIES,
            expires_at=microseconds() + LIFETIME,
        )
    )
    return code


def use(db: Session, user_id: str, kind: str, code: str) -> str | None:
    """The address that the code verifies, once; None for a wrong code. Five wrong codes void the right one.

    Raises NotFound (the user). A conditional UPDATE counts the try before the code is compared, so that concurrent tries
    are still at most five.
    """
    users.lock(db, user_id)  # before the code's row, in the same order as `begin`
    v = verification.c
    own = (v.user_id == user_id) & (v.kind == kind)
    attempt = db.execute(
        update(verification)
        .where(own, v.tries_left > 0, v.expires_at > microseconds())
        .values(tries_left=v.tries_left - 1)
        .returning(v.address, v.code_hash)
    ).first()
    if attempt is None:
        return None
    matches = [
        hmac.compare_digest(_hash(key, user_id, attempt.address, code), attempt.code_hash)
        for key in sealing.derived("code")
    ]
    if not any(matches):
        return None
    deleted = db.execute(verification.delete().where(own))
    return str(attempt.address) if deleted.rowcount == 1 else None  # type: ignore[attr-defined]  # a DELETE's result has it


def forget(db: Session, user_id: str, kind: str) -> None:
    """Voids the pending code, if there is one."""
    v = verification.c
    db.execute(verification.delete().where(v.user_id == user_id, v.kind == kind))


def refused() -> Invalid:
    """The error for a code that is wrong or has expired."""
    return Invalid("code", WRONG)


def _hash(key: bytes, user_id: str, address: str, code: str) -> str:
    return sealing.mac(key, user_id, address, code).hex()
