"""Stores for tests: a database of either kind and a Redis, both real, named in the settings of this process."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import NullPool, create_engine, make_url, text

from channels.relay import scripts as relay_scripts
from channels.relay.mailbox import Mailbox
from channels.relay.subscriber import subscriber
from models.errors import RedisAway
from models.migrations import migrate
from models.settings import settings
from models.store import database as store_database
from models.store import redis, scripts
from tests.live import Redis, until
from tests.services import require_postgres
from workers.runtime import app

BARE = "template1"
_idle_servers: list[Redis] = []  # empty ones, to use again: each takes as long to start as a test takes
_idle: list[str] = []  # migrated and empty databases of PostgreSQL, to use again
_seeds: list[tuple[str, str]] = []  # what the migrations put into them: a table, and a row as JSON


@dataclass
class Stores:
    """The servers behind the settings."""

    redis: Redis
    kind: str


def forget() -> None:
    """The process reads its settings and opens its stores anew."""
    if store_database.engine.cache_info().currsize:
        store_database.engine().dispose()
    for client in (redis.redis, redis.impatient_redis):
        if client.cache_info().currsize:
            client().close()
    app.app.close()  # and its connections to the broker
    app.app.amqp._producer_pool = None
    for cached in (
        settings,
        store_database.engine,
        redis.redis,
        redis.impatient_redis,
        scripts._script,
        relay_scripts._script,
    ):
        cached.cache_clear()


def listen_at(server: Redis) -> None:
    """Brings this process's subscriber to the Redis that the settings name now, wherever other tests have left it."""
    if subscriber.cache_info().currsize:
        for other in Redis.running:
            if other is not server:
                other.hang_up()
        until(_has_come)  # before the test begins: what is kept nowhere would get lost on the way


def _has_come() -> bool:
    mailbox, topic = Mailbox(), f"test:{uuid.uuid4()}"
    try:
        subscriber().subscribe(topic, mailbox)  # confirmed by the Redis of now
    except RedisAway:
        return False
    subscriber().unsubscribe(topic, mailbox)
    return True


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """These settings and no others of ours, for a while."""
    before = dict(os.environ)
    os.environ.update(values)
    forget()
    try:
        yield
    finally:
        forget()
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def database(kind: str, folder: Path, template: str = BARE) -> Iterator[str]:
    """The URL of an empty database; of PostgreSQL as a copy of a template."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = _made(template)
    try:
        yield _url(name)
    finally:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


def _made(template: str) -> str:
    name = f"sb_{uuid.uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def _url(name: str) -> str:
    return str(make_url(require_postgres()).set(database=name).render_as_string(hide_password=False))


def _administer(command: str) -> None:
    with create_engine(require_postgres(), isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as connection:
        connection.execute(text(command))


@contextmanager
def _migrated_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a migrated database with nothing else in it. One of PostgreSQL is emptied and used again by the next
    test: a copy takes a third of a second."""
    template = _migrated(kind)
    if kind == "sqlite":
        shutil.copy(template, folder / "test.db")
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = _idle.pop() if _idle else _made(template)
    yield _url(name)
    _administer(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    _empty(_url(name))
    _idle.append(name)


def _empty(url: str) -> None:
    """Deletes every row but what the migrations have put there. Triggers and foreign keys rest meanwhile."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        connection.execute(text("; ".join(f'DELETE FROM "{table}"' for table in tables)))
        for table, row in _seeds:
            added = text(f'INSERT INTO "{table}" SELECT * FROM json_populate_record(NULL::"{table}", :row)')
            connection.execute(added, {"row": row})


def _remember_seeds(url: str) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        for table in tables:
            rows = connection.execute(text(f'SELECT row_to_json(t)::text FROM "{table}" t')).scalars()
            _seeds.extend((table, row) for row in rows)


def _drop_idle() -> None:
    while _idle:
        _administer(f"DROP DATABASE {_idle.pop()} WITH (FORCE)")


@cache
def _migrated(kind: str) -> str:
    """A migrated database to copy, made once a process: its file, or its name in PostgreSQL."""
    kept = ExitStack()
    atexit.register(kept.close)
    folder = Path(kept.enter_context(TemporaryDirectory(prefix="sb-template-")))
    url = kept.enter_context(database(kind, folder))
    with environment(SECRET_KEY="t" * 40, VAR_FOLDER=str(folder), DATABASE_URL=url):
        migrate.up()
    if kind == "postgresql":
        _remember_seeds(url)
        kept.callback(_drop_idle)
        return url.rpartition("/")[2]
    with sqlite3.connect(folder / "test.db") as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    return str(folder / "test.db")


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Stores]:
    """Both stores, migrated and empty, named in the settings."""
    server = _idle_servers.pop() if _idle_servers else Redis()
    try:
        with (
            _migrated_database(kind, folder) as url,
            environment(SECRET_KEY="t" * 40, VAR_FOLDER=str(folder), DATABASE_URL=url, REDIS_URL=server.url),
        ):
            listen_at(server)
            app.app.conf.broker_url = app.app.conf.broker_write_url = settings().broker_url
            yield Stores(server, kind)
    finally:
        if server.empty():
            _idle_servers.append(server)
        else:
            server.remove()
