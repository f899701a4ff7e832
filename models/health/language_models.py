"""How each model is doing, as the workers say: what it lacks, and how its last calls went. For `/health` and `/ready`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, redis

LACKS = "models-misconfigured"
REFUSED = "its provider refuses calls; usually the key or the model's name is wrong"


def note_setup(lacks: Mapping[str, str]) -> None:
    """At a worker's start: what each model lacks, in words, "" for nothing. What an earlier run has found wrong is
    forgotten. Raises RedisAway."""
    try:
        pipe = redis().pipeline(transaction=False)
        for model, lack in lacks.items():
            if lack:
                pipe.hset(LACKS, model, lack)
            else:
                pipe.hdel(LACKS, model)
        cleared = [model for model, was in zip(lacks, pipe.execute(), strict=True) if not lacks[model] and was]
        for model in cleared:  # else it would be `failing` until somebody asks it
            redis().hdel(f"breaker:model:{model}", "last_failure")
    except REDIS_ERRORS as error:
        raise RedisAway from error


def note_misconfigured(model: str) -> None:
    """A call has shown that it is. What is known to be missing stays. Raises RedisAway."""
    try:
        redis().hsetnx(LACKS, model, REFUSED)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def note_answered(model: str) -> None:
    """It has answered, so it lacks nothing. Raises RedisAway."""
    try:
        redis().hdel(LACKS, model)
    except REDIS_ERRORS as error:
        raise RedisAway from error


def lacking(models: Sequence[str]) -> dict[str, str]:
    """Those of the models that are misconfigured, with what is wrong in words. Raises RedisAway."""
    try:
        found = redis().hmget(LACKS, list(models)) if models else []
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return {model: str(lack) for model, lack in zip(models, found, strict=True) if lack}  # type: ignore[arg-type]


def states(models: Sequence[str]) -> dict[str, str]:
    """One word for each model: misconfigured, paused (its breaker is open), failing, ok or unused. Raises RedisAway."""
    lacks = lacking(models)
    try:
        pipe = redis().pipeline(transaction=False)
        for model in models:
            pipe.hmget(f"breaker:model:{model}", ["open_until", "last_failure", "last_success"])
        found = pipe.execute()
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return {
        model: "misconfigured" if model in lacks else _state(*calls) for model, calls in zip(models, found, strict=True)
    }


def _state(open_until: str | None, last_failure: str | None, last_success: str | None) -> str:
    if open_until:
        return "paused"
    if int(last_failure or 0) > int(last_success or 0):
        return "failing"
    return "ok" if last_success else "unused"
