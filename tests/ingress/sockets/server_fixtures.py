"""A real gunicorn around a small app; most tests share one."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.live import ROOT, SECRET, Redis, Server, redis_server

APP = "tests.ingress.sockets.app:application"
Serve = Callable[..., Server]


@pytest.fixture(scope="session")
def redis_process() -> Redis:
    """With a migrated database beside it, which is asked whether a token was revoked when Redis does not know."""
    server = redis_server()
    subprocess.run([sys.executable, "-m", "models.migrations", "up"], cwd=ROOT, env=os.environ, check=True, timeout=60)
    return server


def _start(redis_process: Redis, arguments: list[str], options: dict[str, object]) -> Server:
    own = {"REDIS_URL": redis_process.url, "SECRET_KEY": SECRET, "SOCKET_OPTIONS": json.dumps(options)}
    environ = {**os.environ, **own}
    return Server(APP, environ, ["-c", "python:tests.ingress.sockets.app", *arguments])


@pytest.fixture(scope="session")
def shared(redis_process: Redis) -> Iterator[Server]:
    """For tests that leave the server as they found it."""
    server = _start(redis_process, [], {"origins": ["https://friend.example"]})
    yield server
    server.end()


@pytest.fixture
def serve(redis_process: Redis) -> Iterator[Serve]:
    """A server of the test's own: options by name, gunicorn's arguments by position."""
    started: list[Server] = []

    def start(*arguments: str, **options: object) -> Server:
        started.append(_start(redis_process, list(arguments), options))
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture
def conversation(redis_process: Redis) -> str:
    return str(uuid.uuid4())
