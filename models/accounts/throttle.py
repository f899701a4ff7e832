"""Throttling attempts to sign in: by account, with a wait that doubles, instead of a lock-out.

Nobody is locked out by others: an address from which the account has been signed in to before has a count of its own.
Unknown accounts are counted alike, so that the answer does not tell them from known ones.
"""

from __future__ import annotations

from pathlib import Path

from models import sealing
from models.clock import SECOND
from models.errors import RedisAway, TooMany
from models.people.identifiers import key_of
from models.store import scripts
from models.store.redis import REDIS_ERRORS, redis

FREE = 5
LONGEST = 15 * 60 * SECOND
FORGOTTEN_AFTER = 24 * 3600  # seconds
KNOWN_FOR = 30 * 24 * 3600  # seconds
_ATTEMPT = (Path(__file__).parent / "attempt.lua",)


def attempt(name: str, network: str) -> None:
    """Counts an attempt. Raises TooMany while the account has to wait, RedisAway."""
    wait = scripts.run(_ATTEMPT, _names(name, network), [FREE, LONGEST, FORGOTTEN_AFTER])
    if wait:
        raise TooMany("sign-in", int(wait) / SECOND)


def succeeded(name: str, network: str) -> None:
    """Forgets the failures that were counted with this one, and knows the address from now on."""
    strangers, own, known = _names(name, network)
    try:
        counted = own if redis().exists(known) else strangers
        with redis().pipeline(transaction=True) as pipe:
            pipe.delete(counted)
            pipe.set(known, 1, ex=KNOWN_FOR)
            pipe.execute()
    except REDIS_ERRORS as error:
        raise RedisAway from error


def _names(name: str, network: str) -> list[str]:
    """Redis' keys; names are hashed, for they are addresses of people.

    All ways of writing one username (see `users.named`) are one name, else each would have free attempts of its own."""
    account = sealing.mac(sealing.derived("throttle")[-1], key_of(name)).hex()[:32]
    here = f"{account}:{network}"
    return [f"sign-in:{account}", f"sign-in:{here}", f"sign-in-known:{here}"]
