"""A circuit breaker per provider, shared by all workers through Redis: closed, open, one trial, closed.

While Redis is away the call is made: the caller's own due times say when to try again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import RedisAway, Unavailable
from models.store import scripts

_LUA = Path(__file__).parent
WINDOW_MS, FAILURES, PAUSE_MS, LONGEST_PAUSE_MS, TRIAL_MS = 30_000, 5, 10_000, 120_000, 60_000
LOOK_MS = 2_000  # a trial usually takes seconds; its token lives longer, in case its worker died

SUCCESS, FAILURE, NEITHER = "success", "failure", "neither"


class BreakerOpen(Unavailable):
    """The provider failed too often; `retry_after` says when it is tried again."""

    slug = "provider-paused"
    title = "A model provider is paused"

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"{name} failed too often and is paused.")
        self.retry_after = retry_after


@contextmanager
def breaker(name: str, counts: Callable[[Exception], bool] = lambda _: True) -> Iterator[None]:
    """Around one call to a provider. Raises BreakerOpen instead of calling.

    An error for which `counts` is true may open the breaker. Any other error (a wrong key, say) counts as neither success
    nor failure.
    """
    keys = [f"breaker:{name}", f"breaker-trial:{name}"]
    if wait := _run("breaker_enter", keys, [TRIAL_MS, LOOK_MS]):
        raise BreakerOpen(name, wait / 1000)
    outcome = SUCCESS
    try:
        yield
    except Exception as error:
        outcome = FAILURE if counts(error) else NEITHER
        raise
    finally:
        _run("breaker_leave", keys, [outcome, WINDOW_MS, FAILURES, PAUSE_MS, LONGEST_PAUSE_MS])


def _run(name: str, keys: list[str], arguments: list[Any]) -> int:
    try:
        return int(scripts.run((_LUA / f"{name}.lua",), keys, arguments))
    except RedisAway:
        return 0
