"""Verifying an address: a single-use code is sent to it, and who repeats the code has it."""

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
    """A code under way: one a user and kind. What is kept is an HMAC, for a million codes are soon tried."""

    user_id: str = Field(foreign_key="users.id", primary_key=True, max_length=36)
    kind: str = Field(primary_key=True, max_length=5)
    address: str = Field(max_length=254)
    code_hash: str = Field(max_length=64)
    tries_left: int
    expires_at: int = Field(sa_type=BigInteger)


verification = cast(Table, Verification.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def begin(db: Session, user_id: str, kind: str, address: str) -> str:
    """A new code of six digits for the address; the one before is void. Raises NotFound."""
    users.lock(db, user_id)  # two that are asked for at once come one after the other
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
    """The address that the code verifies, once; None for a wrong one, of which five make the code void.
    Raises NotFound (the user).

    The try is counted by a conditional UPDATE before the code is looked at, so that many at once are still five.
    """
    users.lock(db, user_id)  # before the code's row, as by whoever asks for a new one
    v = verification.c
    mine = (v.user_id == user_id) & (v.kind == kind)
    counted = db.execute(
        update(verification)
        .where(mine, v.tries_left > 0, v.expires_at > microseconds())
        .values(tries_left=v.tries_left - 1)
        .returning(v.address, v.code_hash)
    ).first()
    if counted is None:
        return None
    right = [
        hmac.compare_digest(_hash(key, user_id, counted.address, code), counted.code_hash)
        for key in sealing.derived("code")
    ]
    if not any(right):
        return None
    used = db.execute(verification.delete().where(mine))
    return str(counted.address) if used.rowcount == 1 else None  # type: ignore[attr-defined]  # a DELETE's result has it


def forget(db: Session, user_id: str, kind: str) -> None:
    """A code that is under way is void."""
    v = verification.c
    db.execute(verification.delete().where(v.user_id == user_id, v.kind == kind))


def refused() -> Invalid:
    """The error of a code that verifies nothing."""
    return Invalid("code", WRONG)


def _hash(key: bytes, user_id: str, address: str, code: str) -> str:
    return sealing.mac(key, user_id, address, code).hex()
