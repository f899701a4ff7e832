"""Database calls from the ingress. SQLite's file calls block a process of greenlets, so they go to real threads."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar, cast

from gevent import get_hub
from gevent.monkey import is_module_patched

from models.store import is_sqlite

P = ParamSpec("P")
T = TypeVar("T")


def in_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a call that uses `session()` or `reading()`; a locked file stalls nobody else.

    The call still knows the request it is for.
    """
    if not (is_sqlite() and is_module_patched("socket")):
        return call(*args, **kwargs)
    result, error = get_hub().threadpool.apply(copy_context().run, (_caught, call, args, kwargs))
    if error is not None:
        raise error
    return cast(T, result)


def _caught(call: Callable[..., T], args: Any, kwargs: Any) -> tuple[T | None, Exception | None]:
    """An error is handed over as a value: one that leaves a native thread would be printed there, expected or not."""
    try:
        return call(*args, **kwargs), None
    except Exception as error:  # noqa: BLE001 - raised again by the caller
        return None, error
