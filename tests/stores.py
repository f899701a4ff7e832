"""Stores for tests: a database of either kind and a Redis, both real, named in the settings of this process."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from channels.relay import scripts as relay_scripts
from models import migrate, scripts, store
from models.settings import settings
from tests.live import Redis
from tests.services import require_postgres


@dataclass
class Stores:
    """The servers behind the settings."""

    redis: Redis
    kind: str


def forget() -> None:
    """The process reads its settings and opens its stores anew."""
    if store.engine.cache_info().currsize:
        store.engine().dispose()
    if store.redis.cache_info().currsize:
        store.redis().close()
    for cached in (settings, store.engine, store.redis, scripts._script, relay_scripts._script):
        cached.cache_clear()


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
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    base = require_postgres()
    name = f"sb_{uuid.uuid4().hex[:12]}"
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield str(admin.url.set(database=name).render_as_string(hide_password=False))
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def fresh(kind: str, folder: Path) -> Iterator[Stores]:
    """Both stores, migrated and empty, named in the settings."""
    server = Redis()
    try:
        with (
            database(kind, folder) as url,
            environment(SECRET_KEY="t" * 40, VAR_FOLDER=str(folder), DATABASE_URL=url, REDIS_URL=server.url),
        ):
            migrate.up()
            yield Stores(server, kind)
    finally:
        server.remove()
