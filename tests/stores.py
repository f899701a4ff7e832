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

from sqlalchemy import create_engine, text

from channels.relay import scripts as relay_scripts
from channels.relay.subscriber import subscriber
from models import migrate, scripts, store
from models.settings import settings
from tests.live import Redis
from tests.services import require_postgres
from workers import queue


@dataclass
class Stores:
    """The servers behind the settings."""

    redis: Redis
    kind: str


def forget() -> None:
    """The process reads its settings and opens its stores anew."""
    if store.engine.cache_info().currsize:
        store.engine().dispose()
    for client in (store.redis, store.impatient_redis):
        if client.cache_info().currsize:
            client().close()
    queue.app.close()  # and its connections to the broker
    queue.app.amqp._producer_pool = None
    for cached in (settings, store.engine, store.redis, store.impatient_redis, scripts._script, relay_scripts._script):
        cached.cache_clear()


def _listen_here() -> None:
    """The process's subscriber may still be at the Redis of another test, which lives: it comes over to this one."""
    if subscriber.cache_info().currsize and (link := subscriber()._link):
        link.close()


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
def database(kind: str, folder: Path, template: str = "template1") -> Iterator[str]:
    """The URL of an empty database; of PostgreSQL as a copy of a template."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    base = require_postgres()
    name = f"sb_{uuid.uuid4().hex[:12]}"
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield str(admin.url.set(database=name).render_as_string(hide_password=False))
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


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
        return url.rpartition("/")[2]
    with sqlite3.connect(folder / "test.db") as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    return str(folder / "test.db")


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Stores]:
    """Both stores, migrated and empty, named in the settings."""
    template = _migrated(kind)
    if kind == "sqlite":
        shutil.copy(template, folder / "test.db")
    server = Redis()
    try:
        with (
            database(kind, folder, template) as url,
            environment(SECRET_KEY="t" * 40, VAR_FOLDER=str(folder), DATABASE_URL=url, REDIS_URL=server.url),
        ):
            _listen_here()
            queue.app.conf.broker_url = queue.app.conf.broker_write_url = settings().broker_url
            yield Stores(server, kind)
    finally:
        server.remove()
