"""The database: `session()` to write and `reading()` to read. Nothing else connects to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any

import sqlalchemy.exc
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, text
from sqlmodel import Session

from models.errors import DatabaseAway
from models.settings import settings
from models.store.writer_turn import WriterTurn

BUSY_TIMEOUT = 5.0


SQLITE_CONNECTIONS = 16


# A lost server is noticed within seconds (libpq's options). The time-out of a statement is above what any of ours needs.
POSTGRES = {"connect_timeout": 3, "keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3} | {
    "tcp_user_timeout": 15_000,
    "options": "-c statement_timeout=30000 -c lock_timeout=10000",
}


log = logging.getLogger(__name__)
UNMIGRATED = ("42P01", "42703")  # undefined_table, undefined_column (PostgreSQL, appendix A); SQLite: OperationalError
AWAY = (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, sqlalchemy.exc.TimeoutError)


@cache
def engine() -> Engine:
    """This process's engine. SQLite uses WAL and synchronous=FULL, so that a commit is on disk.

    Parameters are hidden: an error's text goes to the log, and parameters hold what people wrote.
    """
    url = settings().database_url
    if not url.startswith("sqlite"):
        timeouts: dict[str, Any] = {"pool_timeout": 5, "connect_args": POSTGRES}
        return create_engine(url, pool_size=16, pool_pre_ping=True, hide_parameters=True, **timeouts)
    # Connections stay open: when the last one closes, SQLite copies its whole write-ahead log into the file.
    timeouts = {"pool_timeout": BUSY_TIMEOUT, "connect_args": {"timeout": BUSY_TIMEOUT}}
    size = {"poolclass": QueuePool, "pool_size": SQLITE_CONNECTIONS, "max_overflow": 0}
    result = create_engine(url, hide_parameters=True, **size, **timeouts)
    event.listen(result, "connect", _prepare_sqlite)
    event.listen(result, "begin", _begin_sqlite)
    return result


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in `_begin_sqlite`, not when the driver guesses
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    """Begins a transaction. Writers take the lock first, since one that reads before it writes can fail at once."""
    options = connection.get_execution_options()
    if not options.get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable', True) else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


_turn = WriterTurn()


def writing_for() -> float:
    """Seconds for which this process's current writer has held its turn; 0 without a writer, and with PostgreSQL."""
    return _turn.held_for()


def is_sqlite() -> bool:
    """True when the database is a file, whose locks and disk block the calling thread."""
    return settings().database_url.startswith("sqlite")


@contextmanager
def session(*, durable: bool = True) -> Iterator[Session]:
    """A writing transaction: commits at the end, rolls back on an error. Raises DatabaseAway.

    Not `durable`: the commit does not wait for the disk, so a power cut may undo it; later durable commits are not
    affected. For work that can simply be repeated, such as taking a lease.
    """
    bound = engine().execution_options(writes=True, durable=durable)
    turn = _turn.hold(BUSY_TIMEOUT) if is_sqlite() else nullcontext()
    with turn, _translated(), Session(bound) as db, db.begin():
        if not durable and not is_sqlite():
            db.execute(text("SET LOCAL synchronous_commit TO OFF"))
        yield db


@contextmanager
def reading() -> Iterator[Session]:
    """A reading transaction. Raises DatabaseAway."""
    with _translated(), Session(engine()) as db:
        yield db


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except AWAY as error:
        raise DatabaseAway from error
    except sqlalchemy.exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) not in UNMIGRATED:
            raise
        log.error("The database lacks a table or a column: it has not been migrated to this version.")
        raise DatabaseAway from error
