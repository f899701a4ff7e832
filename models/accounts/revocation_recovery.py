"""Telling Redis again what was revoked: all of it after it was wiped, and what is new since the sweeper's last time."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import Session

from models.accounts.audit import DELETED, audit
from models.accounts.revocations import ACCESS_LIFETIME, GONE, MARKER, VISITOR_LIFETIME, Revoked, entries
from models.accounts.sessions import device_session
from models.clock import SECOND, microseconds
from models.conversations.conversations import conversation
from models.errors import RedisAway
from models.people.contacts import RETIRED, contact
from models.people.users import user
from models.store import scripts
from models.store.redis import REDIS_ERRORS, redis

REPEATED = "revocations-repeated"  # up to when, in µs, the sweeper has told again what was revoked
_SEEDING = "revocations-seeding"
_SEED = (Path(__file__).parent / "seed.lua",)


def begin_seeding() -> str:
    """Before the database is read. Raises RedisAway."""
    nonce = secrets.token_hex(8)
    try:
        redis().set(_SEEDING, nonce, ex=60)
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return nonce


def end_seeding(nonce: str, revoked: Revoked) -> bool:
    """Puts it back and sets the marker, unless Redis was wiped again meanwhile: then it is False, somebody begins anew.

    What is revoked while the database is read is denied by its own revoker, in whichever order. Raises RedisAway.
    """
    wanted = entries(revoked)
    arguments: list[str | int] = [nonce]
    for value, seconds in wanted.values():
        arguments += [value, seconds]
    return bool(scripts.run(_SEED, [MARKER, _SEEDING, *wanted], arguments))


def current(db: Session) -> Revoked:
    """All that still matters, as the database has it."""
    now, c, v = microseconds(), conversation.c, contact.c
    access, visitors = now - (ACCESS_LIFETIME + 60) * SECOND, now - (VISITOR_LIFETIME + 60) * SECOND
    retired = select(v.id).where(v.channel == RETIRED, v.created_at > visitors)
    return _since(db, access, _taken().where(c.created_at > visitors).union(retired))


def recent(db: Session, repeated: int | None) -> Revoked:
    """What was revoked since the last repetition, by whoever could not tell it or died before; a minute covers what was
    not committed then. None: nobody knows when that was."""
    if repeated is None:
        return current(db)
    since = repeated - 60 * SECOND
    access = max(since, microseconds() - (ACCESS_LIFETIME + 60) * SECOND)
    return _since(db, access, _taken().where(conversation.c.updated_at > since))


def repeated() -> int | None:
    """Up to when all has been told again (µs). Redis keeps it, so it is as old as what Redis knows. Raises RedisAway."""
    try:
        found = redis().get(REPEATED)
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return int(str(found)) if found else None


def note_repeated(until: int) -> None:
    """All that was revoked until then (µs) is told. Raises RedisAway."""
    try:
        redis().set(REPEATED, until)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def _taken() -> Select[Any]:
    c = conversation.c
    return select(c.contact_id).where(c.user_id.is_not(None), c.contact_id.is_not(None))


def _since(db: Session, since: int, contacts: Any) -> Revoked:
    s, u, a = device_session.c, user.c, audit.c
    renewed = select(u.id, u.generation).where(u.generation > 0, u.updated_at > since)
    deleted = select(a.subject).where(a.action == DELETED, a.at > since)
    return Revoked(
        list(db.execute(select(s.id).where(s.ended_at > since)).scalars()),
        list(db.execute(contacts).scalars()),
        {row.id: row.generation for row in db.execute(renewed)} | dict.fromkeys(db.execute(deleted).scalars(), GONE),
    )


def untold(revoked: Revoked) -> Revoked:
    """Those of them that Redis does not know. Raises RedisAway."""
    wanted = entries(revoked)
    try:
        told = dict(zip(wanted, redis().mget(list(wanted)), strict=True)) if wanted else {}  # type: ignore[arg-type]
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return Revoked(
        [one for one in revoked.sessions if not told[f"revoked:{one}"]],
        [one for one in revoked.contacts if not told[f"revoked:{one}"]],
        {one: n for one, n in revoked.generations.items() if int(told[f"generation:{one}"] or 0) < n},
    )
