"""Which tokens are void before they expire. Redis tells it with every request, the database knows it for good.

In Redis: `revoked:<id>` for a device session, or for the contact of a visitor's token; `generation:<user>` once the
user's rights have changed; and `revocations`, the marker that says all of this is there. A Redis that was wiped has no
marker: then the database is asked, and everything that still matters is put back (see `retelling`).
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
GONE = 2**31 - 1  # the generation of a deleted user: no token is of a newer one
_DENY = (Path(__file__).parent / "deny.lua",)


@dataclass(frozen=True)
class Revoked:
    """What became void: device sessions, contacts (whose conversation a user has taken over), rights of users."""

    sessions: Sequence[str] = ()
    contacts: Sequence[str] = ()
    generations: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sessions or self.contacts or self.generations)


@dataclass(frozen=True)
class Standing:
    """What is known of a token's session (or contact) and of its user's rights."""

    revoked: bool
    generation: int


def look(session_or_contact: str, user_id: str = "") -> Standing | None:
    """What Redis knows; None when it was wiped. Raises RedisAway."""
    try:
        marker, revoked, generation = impatient_redis().mget(  # type: ignore[misc]  # synchronous
            MARKER, f"revoked:{session_or_contact}", f"generation:{user_id}"
        )
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return Standing(revoked is not None, int(generation or 0)) if marker else None


def look_up_session(db: Session, session_id: str) -> Standing:
    """What the database knows of a device session. One that is unknown is void."""
    s, u = device_session.c, user.c
    query = select(s.ended_at, u.is_active, u.generation).join(user, u.id == s.user_id).where(s.id == session_id)
    row = db.execute(query).first()
    if row is None:
        return Standing(revoked=True, generation=0)
    return Standing(row.ended_at is not None or not row.is_active, row.generation)


def look_up_contact(db: Session, contact_id: str) -> Standing:
    """What the database knows of a visitor: void when a user has taken the conversation over, also one deleted since."""
    c, v = conversation.c, contact.c
    taken = select(c.id).where(c.contact_id == contact_id, c.user_id.is_not(None))
    retired = select(v.id).where(v.id == contact_id, v.channel == RETIRED)
    return Standing(db.execute(taken.union_all(retired).limit(1)).first() is not None, 0)


def deny(revoked: Revoked) -> None:
    """Makes it known to every process, at once. Raises RedisAway: then it is not effective everywhere yet."""
    told = entries(revoked)
    scripts.run(_DENY, list(told), [part for entry in told.values() for part in entry])


def entries(revoked: Revoked) -> dict[str, tuple[int, int]]:
    """What Redis is told: key → value and seconds. A margin of a minute covers clocks that differ."""
    sessions = {f"revoked:{one}": (1, ACCESS_LIFETIME + 60) for one in revoked.sessions}
    contacts = {f"revoked:{one}": (1, VISITOR_LIFETIME + 60) for one in revoked.contacts}
    renewed = {f"generation:{one}": (n, ACCESS_LIFETIME + 60) for one, n in revoked.generations.items()}
    return sessions | contacts | renewed
