"""Device sessions: one per sign-in, continued by a refresh token that changes with each use.

The database keeps a counter and a salt, from which the token is computed: stealing the database yields no token.
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
GRACE = 30 * SECOND  # within this time the previous token gets the same successor again
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
    """A refreshed session and its new token. No token: a used token was presented, so the session was ended."""

    session_id: str
    user_id: str
    token: str | None


def begin(db: Session, session_id: str, user_id: str, device: str, address: str) -> str:
    """The first refresh token of a new session, or of the existing session with this id in a rerun."""
    row = db.get(DeviceSession, session_id)
    if row is None:
        now = microseconds()
        times = {"created_at": now, "last_seen_at": now, "rotated_at": now, "expires_at": now + LIFETIME}
        row = DeviceSession(
            id=session_id, user_id=user_id, salt=secrets.token_hex(16), device=device[:255], address=address, **times
        )
        db.add(row)
    return _token(row, row.counter)


def exists(db: Session, session_id: str) -> bool:
    """Whether the session has begun."""
    return db.get(DeviceSession, session_id) is not None


def check_open(db: Session, user_id: str, session_id: str) -> None:
    """Raises Unauthenticated when the session has ended. For work that was requested in the session and is done later."""
    row = db.get(DeviceSession, session_id)
    if row is None or row.user_id != user_id or row.ended_at is not None:
        raise Unauthenticated(OVER)


def is_real(db: Session, token: str) -> bool:
    """Whether we issued this refresh token, used or not."""
    return _find_by_token(db, token)[0] is not None


def rotate(db: Session, token: str) -> Rotated | None:
    """The successor of a refresh token; None when the token is invalid or its session has ended.

    Two concurrent calls get the same successor: the conditional UPDATE picks the winner, and the loser sees that its token
    is the previous one. An older token, or the previous one after the grace, was copied: the session ends.
    """
    row, counter = _find_by_token(db, token)
    if row is None:
        return None
    now, s = microseconds(), device_session.c
    alive = (s.id == row.id) & s.ended_at.is_(None) & (s.expires_at > now)
    result = db.execute(
        update(device_session)
        .where(alive, s.counter == counter)
        .values(counter=counter + 1, rotated_at=now, last_seen_at=now)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        row = db.get(DeviceSession, row.id, populate_existing=True)  # None when its user was deleted meanwhile
        if row is None or row.ended_at is not None or row.expires_at <= now or counter >= row.counter:
            return None
        if counter < row.counter - 1 or now > row.rotated_at + GRACE:
            row.ended_at = now
            return Rotated(row.id, row.user_id, None)
    return Rotated(row.id, row.user_id, _token(row, counter + 1))


def end(db: Session, user_id: str, session_id: str) -> None:
    """Ends a session of this user. Idempotent. Raises NotFound, also for another user's session."""
    row = db.get(DeviceSession, session_id)
    if row is None or row.user_id != user_id:
        raise NotFound("There is no such session.")
    s = device_session.c
    db.execute(update(device_session).where(s.id == session_id, s.ended_at.is_(None)).values(ended_at=microseconds()))


def end_all(db: Session, user_id: str, *, but: str | None = None) -> list[str]:
    """Ends the user's sessions, except the session `but`. Returns the ids of those ended."""
    s = device_session.c
    is_open = (s.user_id == user_id) & s.ended_at.is_(None) & (s.id != (but or ""))
    ids = db.execute(update(device_session).where(is_open).values(ended_at=microseconds()).returning(s.id))
    db.expire_all()
    return list(ids.scalars())


def forget_old(db: Session, limit: int) -> None:
    """Deletes sessions that ended more than a day ago: none of their tokens is valid any more."""
    s, long_ago = device_session.c, microseconds() - FORGOTTEN_AFTER
    over = select(s.id).where((s.ended_at < long_ago) | (s.expires_at < long_ago)).limit(limit)
    db.execute(delete(device_session).where(s.id.in_(over)))


def of_user(db: Session, user_id: str) -> Sequence[DeviceSession]:
    """The user's open sessions, the most recently used first."""
    s = device_session.c
    alive = (s.user_id == user_id) & s.ended_at.is_(None) & (s.expires_at > microseconds())
    return list(db.execute(select(DeviceSession).where(alive).order_by(s.last_seen_at.desc())).scalars())


def shown(row: DeviceSession, current: str) -> dict[str, Any]:
    """A session as JSON for its user."""
    return {
        "id": row.id,
        "device": row.device,
        "address": row.address,
        "created_at": rfc3339(row.created_at),
        "last_seen_at": rfc3339(row.last_seen_at),
        "expires_at": rfc3339(row.expires_at),
        "current": row.id == current,
    }


def _token(row: DeviceSession, counter: int) -> str:
    return refresh_tokens.encoded(row.id, row.salt, counter)


def _find_by_token(db: Session, token: str) -> tuple[DeviceSession | None, int]:
    """The session of a genuine token, and the token's counter; (None, 0) for any other token."""
    content = refresh_tokens.parse(token)
    row = db.get(DeviceSession, content.session_id) if content else None
    if content is None or row is None or not content.is_real(row.salt):
        return None, 0
    return row, content.counter
