"""Device sessions: signed in once, kept by a refresh token that changes each time it is used.

The database keeps a counter and a salt, from which the token is made: there is none to steal in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BigInteger, Table, delete, select, update
from sqlmodel import Field, Session, SQLModel

from models.accounts import refresh_tokens
from models.clock import SECOND, microseconds, rfc3339
from models.errors import NotFound, Unauthenticated

LIFETIME = 7 * 24 * 3600 * SECOND
GRACE = 30 * SECOND  # within which the immediate predecessor gets the same successor again
FORGOTTEN_AFTER = 24 * 3600 * SECOND
OVER = "This session has ended."


class DeviceSession(SQLModel, table=True):
    """One sign-in on one device. Times are microseconds (see models.clock)."""

    __tablename__ = "device_session"

    id: str = Field(primary_key=True, max_length=36)
    user_id: str = Field(foreign_key="users.id", max_length=36, index=True)
    salt: str = Field(max_length=32)
    counter: int = 0
    device: str = Field(max_length=255)  # as its User-Agent has it
    address: str = Field(max_length=45)
    created_at: int = Field(sa_type=BigInteger)
    last_seen_at: int = Field(sa_type=BigInteger)
    rotated_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger, index=True)
    ended_at: int | None = Field(default=None, sa_type=BigInteger, index=True)


device_session = cast(Table, DeviceSession.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


@dataclass(frozen=True)
class Rotated:
    """A refresh: whose session it is and its new token, or none when a used token came back and ended it."""

    session_id: str
    user_id: str
    token: str | None


def begin(db: Session, session_id: str, user_id: str, device: str, address: str) -> str:
    """A new session, or the one of this id when a rerun begins it. Returns its first refresh token."""
    found = db.get(DeviceSession, session_id)
    if found is None:
        now = microseconds()
        times = {"created_at": now, "last_seen_at": now, "rotated_at": now, "expires_at": now + LIFETIME}
        found = DeviceSession(
            id=session_id, user_id=user_id, salt=secrets.token_hex(16), device=device[:255], address=address, **times
        )
        db.add(found)
    return _token(found, found.counter)


def exists(db: Session, session_id: str) -> bool:
    """Whether it has begun already."""
    return db.get(DeviceSession, session_id) is not None


def check_open(db: Session, user_id: str, session_id: str) -> None:
    """For what was asked for in this session and is done later. Raises Unauthenticated when it is over meanwhile."""
    found = db.get(DeviceSession, session_id)
    if found is None or found.user_id != user_id or found.ended_at is not None:
        raise Unauthenticated(OVER)


def is_real(db: Session, token: str) -> bool:
    """Whether it is a refresh token that we have made, used or not."""
    return _found(db, token)[0] is not None


def rotate(db: Session, token: str) -> Rotated | None:
    """The successor of a refresh token. None: it is none, or its session is over.

    Two that come at once get the same one: the conditional UPDATE picks the winner, and the other finds that its token
    is the predecessor. An older token, or the predecessor after the grace, was copied: the session ends.
    """
    found, counter = _found(db, token)
    if found is None:
        return None
    now, s = microseconds(), device_session.c
    alive = (s.id == found.id) & s.ended_at.is_(None) & (s.expires_at > now)
    moved = db.execute(
        update(device_session)
        .where(alive, s.counter == counter)
        .values(counter=counter + 1, rotated_at=now, last_seen_at=now)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        found = db.get(DeviceSession, found.id, populate_existing=True)  # none when its user was deleted meanwhile
        if found is None or found.ended_at is not None or found.expires_at <= now or counter >= found.counter:
            return None
        if counter < found.counter - 1 or now > found.rotated_at + GRACE:
            found.ended_at = now
            return Rotated(found.id, found.user_id, None)
    return Rotated(found.id, found.user_id, _token(found, counter + 1))


def end(db: Session, user_id: str, session_id: str) -> None:
    """Ends a session of this user; one that is over stays so. Raises NotFound, also for another's."""
    found = db.get(DeviceSession, session_id)
    if found is None or found.user_id != user_id:
        raise NotFound("There is no such session.")
    s = device_session.c
    db.execute(update(device_session).where(s.id == session_id, s.ended_at.is_(None)).values(ended_at=microseconds()))


def end_all(db: Session, user_id: str, *, but: str | None = None) -> list[str]:
    """Ends the user's sessions, all but one perhaps. Returns their ids."""
    s = device_session.c
    open_ones = (s.user_id == user_id) & s.ended_at.is_(None) & (s.id != (but or ""))
    ended = db.execute(update(device_session).where(open_ones).values(ended_at=microseconds()).returning(s.id))
    db.expire_all()
    return list(ended.scalars())


def forget_old(db: Session, limit: int) -> None:
    """Deletes sessions that have been over for a day: nothing that they could open is valid any more."""
    s, long_ago = device_session.c, microseconds() - FORGOTTEN_AFTER
    over = select(s.id).where((s.ended_at < long_ago) | (s.expires_at < long_ago)).limit(limit)
    db.execute(delete(device_session).where(s.id.in_(over)))


def of_user(db: Session, user_id: str) -> Sequence[DeviceSession]:
    """The user's sessions that are not over, the one seen last first."""
    s = device_session.c
    alive = (s.user_id == user_id) & s.ended_at.is_(None) & (s.expires_at > microseconds())
    return list(db.execute(select(DeviceSession).where(alive).order_by(s.last_seen_at.desc())).scalars())


def shown(row: DeviceSession, current: str) -> dict[str, Any]:
    """A session as its user sees it."""
    return {
        "id": row.id,
        "device": row.device,
        "address": row.address,
        "created_at": rfc3339(row.created_at),
        "last_seen_at": rfc3339(row.last_seen_at),
        "expires_at": rfc3339(row.expires_at),
        "current": row.id == current,
    }


def _token(found: DeviceSession, counter: int) -> str:
    return refresh_tokens.made(found.id, found.salt, counter)


def _found(db: Session, token: str) -> tuple[DeviceSession | None, int]:
    """The session of a token that is real, and the token's counter."""
    read = refresh_tokens.read(token)
    found = db.get(DeviceSession, read.session_id) if read else None
    if read is None or found is None or not read.is_real(found.salt):
        return None, 0
    return found, read.counter
