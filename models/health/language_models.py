"""The health of each model as workers report it: what it lacks, and how its last calls ended. For `/health` and `/ready`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, redis

LACKS = "models-misconfigured"
REFUSED = "its provider refuses calls; usually the key or the model's name is wrong"


def note_setup(lacks: Mapping[str, str]) -> None:
    """Records at a worker's start what each model lacks, in words ("" for nothing), and forgets earlier findings.

    Raises RedisAway."""
    try:
        pipe = redis().pipeline(transaction=False)
        for model, lack in lacks.items():
            if lack:
                pipe.hset(LACKS, model, lack)
            else:
                pipe.hdel(LACKS, model)
        cleared = [model for model, existed in zip(lacks, pipe.execute(), strict=True) if not lacks[model] and existed]
        for model in cleared:  # otherwise it would be `failing` until its next call
            redis().hdel(f"breaker:model:{model}", "last_failure")
    except REDIS_ERRORS as error:
        raise RedisAway from error


def note_misconfigured(model: str) -> None:
    """Records that a call failed because of the configuration. A reason from the start is kept. Raises RedisAway."""
    try:
        redis().hsetnx(LACKS, model, REFUSED)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def note_answered(model: str) -> None:
    """Records that the model has answered, so it lacks nothing. Raises RedisAway."""
    try:
        redis().hdel(LACKS, model)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def lacking(models: Sequence[str]) -> dict[str, str]:
    """The misconfigured ones of the models, each with the reason in words. Raises RedisAway."""
    try:
        reasons = redis().hmget(LACKS, list(models)) if models else []
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return {model: str(reason) for model, reason in zip(models, reasons, strict=True) if reason}  # type: ignore[arg-type]


def states(models: Sequence[str]) -> dict[str, str]:
    """The state of each model: misconfigured, paused (its breaker is open), failing, ok or unused. Raises RedisAway."""
    lacks = lacking(models)
    try:
        pipe = redis().pipeline(transaction=False)
        for model in models:
            pipe.hmget(f"breaker:model:{model}", ["open_until", "last_failure", "last_success"])
        histories = pipe.execute()
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return {
        model: "misconfigured" if model in lacks else _state(*calls)
        for model, calls in zip(models, histories, strict=True)
    }


def _state(open_until: str | None, last_failure: str | None, last_success: str | None) -> str:
    if open_until:
        return "paused"
    if int(last_failure or 0) > int(last_success or 0):
        return "failing"
    return "ok" if last_success else "unused"
