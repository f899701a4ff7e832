"""Throttling of sign-in attempts: a wait per account that doubles, instead of a lock-out.

Other people cannot lock an account's owner out: a network from which somebody has signed in to the account has a count
of its own. Unknown accounts are counted in the same way, so that the response does not reveal which accounts exist.
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
    wait = scripts.run(_ATTEMPT, _keys(name, network), [FREE, LONGEST, FORGOTTEN_AFTER])
    if wait:
        raise TooMany("sign-in", int(wait) / SECOND)


def succeeded(name: str, network: str) -> None:
    """Forgets the failed attempts that count for this network, and remembers the network as known."""
    strangers, own, known = _keys(name, network)
    try:
        attempts = own if redis().exists(known) else strangers
        with redis().pipeline(transaction=True) as pipe:
            pipe.delete(attempts)
            pipe.set(known, 1, ex=KNOWN_FOR)
            pipe.execute()
    except REDIS_ERRORS as error:
        raise RedisAway from error


def _keys(name: str, network: str) -> list[str]:
    """The Redis keys. Names are hashed, since they may be addresses of people.

    All spellings of a username (see `addresses.sign_in_candidates`) share one key, else each would have its own free
    attempts."""
    account = sealing.mac(sealing.derived("throttle")[-1], key_of(name)).hex()[:32]
    here = f"{account}:{network}"
    return [f"sign-in:{account}", f"sign-in:{here}", f"sign-in-known:{here}"]
