"""When a failed try is repeated: one policy per class of errors, with back-off and jitter."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from models.errors import SwitchboardError

LONGEST = 120.0  # seconds; the maximum even when a provider asks for a longer pause


@dataclass(frozen=True)
class Policy:
    """`tries`: how many in total. The n-th pause lasts `first * 2^(n-1)` seconds, at most LONGEST, plus up to a quarter."""

    tries: int
    first: float


Policies = Mapping[type[Exception], Policy]
ONCE = Policy(1, 0)


def pause(policies: Policies, error: Exception, try_number: int) -> float | None:
    """Seconds until the next try; None for no further try. The policy is that of the error's nearest class."""
    policy = next((policies[class_] for class_ in type(error).__mro__ if class_ in policies), ONCE)
    our_error = error if isinstance(error, SwitchboardError) else None
    if try_number >= policy.tries or (our_error is not None and our_error.permanent):
        return None
    wait: float = policy.first * 2 ** (try_number - 1)
    if our_error is not None and our_error.retry_after is not None:
        wait = max(wait, our_error.retry_after)
    return min(wait, LONGEST) * random.uniform(1.0, 1.25)  # noqa: S311 - jitter, not a secret
