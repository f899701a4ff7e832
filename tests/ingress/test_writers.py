"""Many who write at once to SQLite, in a real gunicorn: greenlets, native threads, and one file."""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pytest

from models.settings import settings
from models.store.database import BUSY_TIMEOUT
from tests.ingress.identity.account import Account, signed_in
from tests.live import Server
from tests.stores import fresh

WRITERS, ROUNDS = 12, 20
HUNG = 4 * BUSY_TIMEOUT  # seconds, on a busy machine; `tests.bench.writers` measures how long a writer really takes


@dataclass
class Ingress:
    """A server that has not written yet, and what its native threads do that they should not."""

    server: Server
    foreign_locks: Path

    def ask(self, account: Account, method: str, name: str | None = None, start: Barrier | None = None) -> int:
        """The status of a call of one's own user."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=HUNG)
        with closing(connection):
            connection.connect()
            body = None if name is None else json.dumps({"full_name": name})
            if start is not None:
                start.wait()
            connection.request(method, "/api/auth/me", body, {**account.headers, "Content-Type": "application/json"})
            return connection.getresponse().status

    def write_at_once(self, accounts: Sequence[Account]) -> list[int]:
        """What WRITERS writers got who began together."""
        start = Barrier(WRITERS)
        with ThreadPoolExecutor(WRITERS) as pool:
            sent = [pool.submit(self.ask, accounts[n % 2], "PUT", f"Name {n}", start) for n in range(WRITERS)]
            return [one.result() for one in sent]


@pytest.fixture
def ingress(tmp_path: Path) -> Iterator[Ingress]:
    with fresh("sqlite", tmp_path):
        noted = tmp_path / "foreign-locks"
        environ = {**os.environ, "RATELIMIT_ENABLED": "false", "FOREIGN_LOCKS": str(noted)}
        server = Server("ingress:create_app()", environ, ["-c", "python:tests.ingress.foreign_locks"])
        yield Ingress(server, noted)
        server.end()


def test_twelve_writers_at_once_are_all_answered_from_the_start_on(ingress: Ingress) -> None:
    accounts = [signed_in(), signed_in()]
    for _ in range(ROUNDS):
        assert ingress.write_at_once(accounts) == [200] * WRITERS
    assert not ingress.foreign_locks.exists(), ingress.foreign_locks.read_text()


def test_a_locked_file_refuses_those_who_write_and_nobody_who_reads(ingress: Ingress) -> None:
    accounts = [signed_in(), signed_in()]
    with closing(sqlite3.connect(settings().database_url.removeprefix("sqlite:///"), isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(ingress.write_at_once, accounts)
            reads = []
            while not writing.done():
                began = time.monotonic()
                assert ingress.ask(accounts[0], "GET") == 200
                reads.append(time.monotonic() - began)
        assert writing.result() == [503] * WRITERS
        assert max(reads) < BUSY_TIMEOUT / 2
        lock.execute("ROLLBACK")
    assert ingress.write_at_once(accounts) == [200] * WRITERS
