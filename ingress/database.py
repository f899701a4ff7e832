"""Database calls from the ingress. SQLite's file calls block a process of greenlets, so they go to real threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from gevent import get_hub
from gevent.monkey import is_module_patched

from models.store import is_sqlite

P = ParamSpec("P")
T = TypeVar("T")


def in_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a call that uses `session()` or `reading()`; a locked file stalls nobody else."""
    if is_sqlite() and is_module_patched("socket"):
        result, error = get_hub().threadpool.apply(_settled, (call, args, kwargs))
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]  # gevent has no types
    return call(*args, **kwargs)


def _settled(call: Callable[..., T], args: Any, kwargs: Any) -> tuple[T | None, Exception | None]:
    """The error as a value: of one that is raised in its threads, gevent prints a stack trace, be it a plain 404."""
    try:
        return call(*args, **kwargs), None
    except Exception as error:  # noqa: BLE001 - raised again where it was asked for
        return None, error
