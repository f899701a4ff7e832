"""When a failed try is made again: a policy for each class of errors, with back-off and jitter, kept in the database."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from models.errors import SwitchboardError

LONGEST = 120.0  # seconds; a provider that asks for more is asked again then


@dataclass(frozen=True)
class Policy:
    """`tries` in all; the n-th pause lasts `first * 2^(n-1)` seconds, at most LONGEST, and up to a quarter more."""

    tries: int
    first: float


Policies = Mapping[type[Exception], Policy]
ONCE = Policy(1, 0)


def pause(policies: Policies, error: Exception, try_number: int) -> float | None:
    """Seconds until the next try, or None when there shall be none. The policy is that of the nearest class."""
    policy = next((policies[one] for one in type(error).__mro__ if one in policies), ONCE)
    known = error if isinstance(error, SwitchboardError) else None
    if try_number >= policy.tries or (known is not None and known.permanent):
        return None
    wait: float = policy.first * 2 ** (try_number - 1)
    if known is not None and known.retry_after is not None:
        wait = max(wait, known.retry_after)
    return min(wait, LONGEST) * random.uniform(1.0, 1.25)  # noqa: S311 - jitter, not a secret
