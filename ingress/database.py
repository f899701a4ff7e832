"""Database calls from the ingress. SQLite's file calls block a process of greenlets, so they go to real threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gevent import get_hub
from gevent.monkey import is_module_patched

from models.store import is_sqlite

P = ParamSpec("P")
T = TypeVar("T")


def in_database(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a call that uses `session()` or `reading()`; a locked file stalls nobody else."""
    if is_sqlite() and is_module_patched("socket"):
        return get_hub().threadpool.apply(call, args, kwargs)  # type: ignore[no-any-return]  # gevent has no types
    return call(*args, **kwargs)
