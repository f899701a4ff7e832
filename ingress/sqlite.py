"""SQLite calls in native threads: a locked file or a slow disk blocks only the greenlet that made the call.

The native threads run only the driver's own functions. Everything written in Python, including SQLAlchemy, stays in
greenlets, since gevent's locks lose wake-ups between native threads (docs/decisions/0028-native-threads.md).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from gevent import get_hub, getcurrent
from gevent.monkey import is_module_patched
from gevent.threadpool import ThreadPool
from sqlalchemy import Engine, event

from models.store.database import SQLITE_CONNECTIONS, is_sqlite

T = TypeVar("T")


def install() -> None:
    """Makes every engine of this process connect in this way, if the process uses greenlets and its database is a file."""
    if is_sqlite() and is_module_patched("socket") and not event.contains(Engine, "do_connect", _use_threads):
        event.listen(Engine, "do_connect", _use_threads)


def _use_threads(_dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
    options["factory"] = Connection


def in_thread(call: Callable[..., T], *args: Any) -> T:
    """The result of a blocking call, while other greenlets run. Raises the call's error.

    A greenlet that is killed meanwhile ends after the call: its clean-up must not overtake a BEGIN.
    """
    if getcurrent() is get_hub():  # a finalizer may run there, where nothing may block
        return call(*args)
    pending = _threads().spawn(_result_or_error, call, args)
    try:
        result, error = pending.get()
    except BaseException:
        pending.wait()
        raise
    if error is not None:
        raise error
    return cast(T, result)


@cache
def _threads() -> ThreadPool:
    """One thread per connection. Not the hub's own threads, which look up names."""
    return ThreadPool(SQLITE_CONNECTIONS)


def _result_or_error(call: Callable[..., T], args: Any) -> tuple[T | None, Exception | None]:
    """The result or the error, as values: gevent prints an error that leaves a native thread, expected or not."""
    try:
        return call(*args), None
    except Exception as error:  # noqa: BLE001 - raised again by the caller
        return None, error


class Cursor(sqlite3.Cursor):
    """A cursor whose calls run in a native thread."""

    def execute(self, *args: Any) -> Cursor:
        """As sqlite3's."""
        in_thread(super().execute, *args)
        return self

    def executemany(self, *args: Any) -> Cursor:
        """As sqlite3's."""
        in_thread(super().executemany, *args)
        return self

    def fetchone(self) -> Any:
        """As sqlite3's: each row may be read from the disk."""
        return in_thread(super().fetchone)

    def fetchmany(self, *args: Any) -> list[Any]:
        """As sqlite3's."""
        return in_thread(super().fetchmany, *args)

    def fetchall(self) -> list[Any]:
        """As sqlite3's."""
        return in_thread(super().fetchall)


class Connection(sqlite3.Connection):
    """A connection whose calls run in a native thread."""

    def cursor(self, *_args: Any) -> Any:
        """A cursor of the same kind."""
        return super().cursor(Cursor)

    def execute(self, *args: Any) -> Any:
        """As sqlite3's."""
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        """As sqlite3's."""
        return self.cursor().executemany(*args)

    def commit(self) -> None:
        """As sqlite3's: it waits for the disk."""
        in_thread(super().commit)

    def rollback(self) -> None:
        """As sqlite3's."""
        in_thread(super().rollback)
