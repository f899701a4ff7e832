"""When a failed try is made again: by the kind of the failure, with back-off and jitter, kept in the database."""

from __future__ import annotations

import random
from dataclasses import dataclass

from models.errors import ModelError

LONGEST = 120.0  # seconds; a provider that asks for more is asked again then


@dataclass(frozen=True)
class Policy:
    """`tries` in all; the n-th pause lasts `first * 2^(n-1)` seconds, at most LONGEST, ± a quarter."""

    tries: int
    first: float


POLICIES = {
    "timeout": Policy(3, 2),
    "rate_limited": Policy(5, 2),
    "unavailable": Policy(4, 1),
    "refused": Policy(1, 0),
    "misconfigured": Policy(1, 0),
    "paused": Policy(1, 0),  # expired
    "error": Policy(3, 1),  # one of our own making: not hopeless, since a deploy may mend it
}
EXPIRES = 600.0  # seconds a message waits while every model is given a pause
CRASHES = 12  # takings that were never given back: the message itself may be what kills the worker


def pause(kind: str, try_number: int, error: ModelError | None = None) -> float | None:
    """Seconds until the next try, or None when there shall be none."""
    policy = POLICIES[kind]
    if try_number >= policy.tries or (error is not None and error.permanent):
        return None
    wait: float = policy.first * 2 ** (try_number - 1)
    if error is not None and error.retry_after is not None:
        wait = max(wait, error.retry_after)
    return min(wait, LONGEST) * random.uniform(1.0, 1.25)  # noqa: S311 - jitter, not a secret
