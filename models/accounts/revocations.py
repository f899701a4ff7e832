"""Which tokens are void before they expire. Redis answers for every request; the database is the lasting record.

In Redis: `revoked:<id>` for a device session, or for the contact of a visitor's token; `generation:<user>` once the
user's rights have changed; and `revocations`, a marker that all of this is present. A Redis that was wiped has no
marker: then the database is asked, and everything that still matters is written again (see `revocation_recovery`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlmodel import Session

from models.accounts.sessions import device_session
from models.conversations.conversations import conversation
from models.errors import RedisAway
from models.people.contacts import RETIRED, contact
from models.people.users import user
from models.store import scripts
from models.store.redis import REDIS_ERRORS, impatient_redis

ACCESS_LIFETIME = 25 * 60  # seconds: nothing about an access token matters for longer
VISITOR_LIFETIME = 30 * 24 * 3600
MARKER = "revocations"
GONE = 2**31 - 1  # the generation of a deleted user: no token has a newer generation
_DENY = (Path(__file__).parent / "deny.lua",)


@dataclass(frozen=True)
class Revoked:
    """What became void: device sessions, contacts whose conversation a user has taken over, and rights of users."""

    sessions: Sequence[str] = ()
    contacts: Sequence[str] = ()
    generations: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sessions or self.contacts or self.generations)


@dataclass(frozen=True)
class Standing:
    """Whether a token's session or contact is revoked, and the current generation of its user's rights."""

    revoked: bool
    generation: int


def find_standing(session_or_contact: str, user_id: str = "") -> Standing | None:
    """The standing as Redis knows it; None when Redis was wiped. Raises RedisAway."""
    try:
        marker, revoked, generation = impatient_redis().mget(  # type: ignore[misc]  # synchronous
            MARKER, f"revoked:{session_or_contact}", f"generation:{user_id}"
        )
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return Standing(revoked is not None, int(generation or 0)) if marker else None


def standing_of_session(db: Session, session_id: str) -> Standing:
    """The standing of a device session as the database knows it. An unknown session is revoked."""
    s, u = device_session.c, user.c
    query = select(s.ended_at, u.is_active, u.generation).join(user, u.id == s.user_id).where(s.id == session_id)
    row = db.execute(query).first()
    if row is None:
        return Standing(revoked=True, generation=0)
    return Standing(row.ended_at is not None or not row.is_active, row.generation)


def standing_of_contact(db: Session, contact_id: str) -> Standing:
    """The standing of a visitor as the database knows it: revoked once a user has taken the conversation over, even if
    that user was deleted since."""
    c, v = conversation.c, contact.c
    taken_over = select(c.id).where(c.contact_id == contact_id, c.user_id.is_not(None))
    retired = select(v.id).where(v.id == contact_id, v.channel == RETIRED)
    return Standing(db.execute(taken_over.union_all(retired).limit(1)).first() is not None, 0)


def deny(revoked: Revoked) -> None:
    """Announces revocations to every process at once. Raises RedisAway: then they are not effective everywhere yet."""
    values = entries(revoked)
    scripts.run(_DENY, list(values), [part for entry in values.values() for part in entry])


def entries(revoked: Revoked) -> dict[str, tuple[int, int]]:
    """The revocations as Redis keeps them: key → (value, seconds to live). A minute's margin covers clocks that differ."""
    sessions = {f"revoked:{id_}": (1, ACCESS_LIFETIME + 60) for id_ in revoked.sessions}
    contacts = {f"revoked:{id_}": (1, VISITOR_LIFETIME + 60) for id_ in revoked.contacts}
    renewed = {f"generation:{id_}": (number, ACCESS_LIFETIME + 60) for id_, number in revoked.generations.items()}
    return sessions | contacts | renewed
