"""How often each model was called and with what outcome, counted in Redis by all workers, for `/metrics`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, redis

KEY = "model-calls"
Call = tuple[str, str, str]
"""Model, kind and outcome: the labels of the metric. The configuration and our code limit how many there are."""


def count(calls: Mapping[Call, int]) -> None:
    """Adds to the counts. They are lost while Redis is away: metrics are not guaranteed."""
    if not calls:
        return
    with suppress(*REDIS_ERRORS):
        pipe = redis().pipeline(transaction=False)
        for labels, number in calls.items():
            pipe.hincrby(KEY, json.dumps(labels), number)
        pipe.execute()


def counts() -> dict[Call, int]:
    """All counts since Redis was last emptied. Raises RedisAway."""
    try:
        stored: dict[str, str] = redis().hgetall(KEY)  # type: ignore[assignment]  # redis-py types both clients at once
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return {_labels(field): int(number) for field, number in stored.items()}


def _labels(field: str) -> Call:
    model, kind, outcome = json.loads(field)
    return model, kind, outcome
