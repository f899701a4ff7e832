"""SQLite's calls from greenlets, without a server around them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import gevent
import pytest

from ingress.sqlite import Connection

BUSY = 20.0  # seconds


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "test.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE thing (name TEXT UNIQUE)")
    db.close()
    return path


def connect(file: Path, timeout: float = BUSY) -> Connection:
    return sqlite3.connect(file, timeout=timeout, isolation_level=None, check_same_thread=False, factory=Connection)


@pytest.fixture
def holder(file: Path) -> Iterator[sqlite3.Connection]:
    """Holds the file's lock."""
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    yield db
    db.close()


def begin(db: Connection) -> None:
    """A transaction of a greenlet, which cleans up behind itself."""
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO thing VALUES ('mine')")
        db.commit()
    finally:
        db.rollback()


def test_a_greenlet_that_waits_for_the_lock_stalls_no_other(file: Path, holder: sqlite3.Connection) -> None:
    waiting = gevent.spawn(begin, connect(file))
    for _ in range(20):
        gevent.sleep(0.005)
    assert not waiting.ready()
    holder.execute("ROLLBACK")
    waiting.get(timeout=BUSY)
    assert connect(file).execute("SELECT name FROM thing").fetchall() == [("mine",)]


def test_one_that_is_killed_meanwhile_leaves_no_lock(file: Path, holder: sqlite3.Connection) -> None:
    waiting = gevent.spawn(begin, connect(file))
    gevent.sleep(0.05)
    waiting.kill(block=False)
    gevent.sleep(0.05)
    assert not waiting.dead, "its rollback would have come before its BEGIN"
    holder.execute("ROLLBACK")
    waiting.join(BUSY)
    assert waiting.dead
    other = connect(file, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    assert other.execute("SELECT count(*) FROM thing").fetchone() == (0,)


def test_errors_are_the_driver_s_and_are_not_printed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = connect(file)
    db.executemany("INSERT INTO thing VALUES (?)", [("a",), ("b",)])
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        db.execute("INSERT INTO thing VALUES (?)", ("a",))
    assert db.execute("SELECT name FROM thing ORDER BY name").fetchmany(1) == [("a",)]
    assert capsys.readouterr() == ("", "")


def test_a_finalizer_in_the_hub_may_use_a_connection(file: Path) -> None:
    """Where nothing can wait, the call blocks instead."""
    db, found = connect(file), []
    gevent.get_hub().loop.run_callback(lambda: found.extend(db.execute("SELECT 1").fetchall()))
    with suppress(gevent.Timeout), gevent.Timeout(BUSY):
        while not found:
            gevent.sleep(0)
    assert found == [(1,)]
