"""Restoring revocations in Redis: all of them after Redis was wiped, and those that the sweeper finds missing."""

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

REPEATED = "revocations-repeated"  # the sweeper has repeated everything that was revoked before this time (µs)
_SEEDING = "revocations-seeding"
_SEED = (Path(__file__).parent / "seed.lua",)


def begin_seeding() -> str:
    """The nonce of a new seeding. Call before reading the database. Raises RedisAway."""
    nonce = secrets.token_hex(8)
    try:
        redis().set(_SEEDING, nonce, ex=60)
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return nonce


def end_seeding(nonce: str, revoked: Revoked) -> bool:
    """Writes the revocations and the marker. False when Redis was wiped again meanwhile or another process began seeding.

    A token that is revoked while the database is read is denied by its own revoker, in either order. Raises RedisAway.
    """
    values = entries(revoked)
    arguments: list[str | int] = [nonce]
    for value, seconds in values.values():
        arguments += [value, seconds]
    return bool(scripts.run(_SEED, [MARKER, _SEEDING, *values], arguments))


def all_revoked(db: Session) -> Revoked:
    """Everything in the database that is revoked and could still be valid by its age."""
    now, c, v = microseconds(), conversation.c, contact.c
    sessions_since, contacts_since = now - (ACCESS_LIFETIME + 60) * SECOND, now - (VISITOR_LIFETIME + 60) * SECOND
    retired = select(v.id).where(v.channel == RETIRED, v.created_at > contacts_since)
    return _revoked(db, sessions_since, _taken_over_contacts().where(c.created_at > contacts_since).union(retired))


def revoked_since(db: Session, repeated: int | None) -> Revoked:
    """What was revoked since the last repetition (µs), whether or not its revoker could write it to Redis. A margin of a
    minute covers transactions that were not committed then. None: the time is unknown, so everything."""
    if repeated is None:
        return all_revoked(db)
    since = repeated - 60 * SECOND
    sessions_since = max(since, microseconds() - (ACCESS_LIFETIME + 60) * SECOND)
    return _revoked(db, sessions_since, _taken_over_contacts().where(conversation.c.updated_at > since))


def repeated_until() -> int | None:
    """The time (µs) up to which everything has been repeated. It is kept in Redis, so it is lost together with the
    revocations. Raises RedisAway."""
    try:
        stored = redis().get(REPEATED)
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return int(str(stored)) if stored else None


def note_repeated(until: int) -> None:
    """Records that everything revoked before `until` (µs) has been repeated. Raises RedisAway."""
    try:
        redis().set(REPEATED, until)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def _taken_over_contacts() -> Select[Any]:
    c = conversation.c
    return select(c.contact_id).where(c.user_id.is_not(None), c.contact_id.is_not(None))


def _revoked(db: Session, since: int, contacts: Any) -> Revoked:
    s, u, a = device_session.c, user.c, audit.c
    renewed = select(u.id, u.generation).where(u.generation > 0, u.updated_at > since)
    deleted = select(a.subject).where(a.action == DELETED, a.at > since)
    return Revoked(
        list(db.execute(select(s.id).where(s.ended_at > since)).scalars()),
        list(db.execute(contacts).scalars()),
        {row.id: row.generation for row in db.execute(renewed)} | dict.fromkeys(db.execute(deleted).scalars(), GONE),
    )


def missing_in_redis(revoked: Revoked) -> Revoked:
    """The part of them that Redis does not know. Raises RedisAway."""
    keys = entries(revoked)
    try:
        values = dict(zip(keys, redis().mget(list(keys)), strict=True)) if keys else {}  # type: ignore[arg-type]
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return Revoked(
        [id_ for id_ in revoked.sessions if not values[f"revoked:{id_}"]],
        [id_ for id_ in revoked.contacts if not values[f"revoked:{id_}"]],
        {id_: number for id_, number in revoked.generations.items() if int(values[f"generation:{id_}"] or 0) < number},
    )
