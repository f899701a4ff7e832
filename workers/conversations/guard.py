"""The circuit breaker that agents use around each model call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from models.errors import ModelMisconfigured, ModelPaused, ModelTimeout, ModelUnavailable, RedisAway
from models.health import language_models
from workers.runtime.breaker import BreakerOpen, breaker

COUNTED = (ModelTimeout, ModelUnavailable)  # errors that may open the breaker


@contextmanager
def guard(model: str) -> Iterator[None]:
    """Around one call to `model`. Raises ModelPaused while its breaker is open. Records whether the model is misconfigured,
    for `/health`.

    The local model calls no provider, so it needs no breaker.
    """
    if model.split("/", maxsplit=1)[0] == "local":
        yield
        return
    try:
        with breaker(f"model:{model}", lambda error: isinstance(error, COUNTED)):
            yield
    except BreakerOpen as error:
        raise ModelPaused(error.detail, retry_after=error.retry_after) from error
    except ModelMisconfigured:
        with suppress(RedisAway):
            language_models.note_misconfigured(model)
        raise
    with suppress(RedisAway):
        language_models.note_answered(model)
