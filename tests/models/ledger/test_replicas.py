"""REDIS_WAIT_REPLICAS: 202 only once so many replicas have the message."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis as Client
from redis.exceptions import RedisError

from models import ledger
from models.errors import RedisAway
from models.store import embedded
from tests.live import until
from tests.models import samples
from tests.ports import free_port
from tests.stores import environment


@contextmanager
def server(folder: Path, *options: str) -> Iterator[int]:
    """A Redis on a port of its own."""
    port = free_port()
    folder.mkdir()
    command = [embedded.server(), "--port", str(port), "--dir", str(folder), "--save", "", "--loglevel", "warning"]
    command += ["--repl-diskless-sync-delay", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, Client(port=port) as client:
        try:
            until(lambda: _answers(client))
            yield port
        finally:
            process.kill()


def _answers(client: Client) -> bool:
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False


def test_a_message_is_accepted_once_a_replica_has_it_and_else_refused(tmp_path: Path) -> None:
    with (
        server(tmp_path / "one") as port,
        environment(
            SECRET_KEY="t" * 40,
            VAR_FOLDER=str(tmp_path),
            REDIS_URL=f"redis://127.0.0.1:{port}",
            REDIS_WAIT_REPLICAS="1",
        ),
    ):
        with pytest.raises(RedisAway, match="replicas"):
            ledger.accept(samples.inbound("c", "someone"))
        with (
            server(tmp_path / "two", "--replicaof", "127.0.0.1", str(port)) as other,
            Client(port=other) as replica,
        ):
            until(lambda: replica.info("replication")["master_link_status"] == "up")
            told = ledger.accept(samples.inbound("c", "someone"))
            raw = replica.lindex(f"ledger:{ledger.shard_of('c')}", -1)
            assert isinstance(raw, bytes)
            assert raw.startswith(str(told.sequence).encode())
