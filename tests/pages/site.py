"""The program as one deployment runs it, with a Redis and processes that a test can kill and that come back by themselves."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
SECRET = "for-tests-only-for-tests-only-for-tests-only"
WORKER = "-m celery -A workers.tasks worker -P threads --without-gossip --without-mingle"
PROCESSES = {
    "messages": f"{WORKER} -c 2 -Q inbound -n messages@%h",
    "agents": f"{WORKER} -c 4 -Q agents -n agents@%h",
    "sweeper": f"{WORKER} -c 1 -Q sweep -n sweeper@%h",
    "beat": "-m celery -A workers.queue beat -s {folder}/beat",
}
STARTS_WITHIN = 60.0


class Site:
    """`url` is where the pages are. Settings are those of `.env.example`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.redis = RedisServer()
        self.settings = settings
        self._commands: dict[str, list[str]] = {}
        self._extra: dict[str, dict[str, str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._paused: set[str] = set()
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> Site:
        """Starts everything and waits until it answers."""
        self.redis.start()
        subprocess.run([sys.executable, "-m", "models.migrate", "up"], cwd=ROOT, env=self._environ(), check=True)
        self.url = self.web("web")
        for name, command in PROCESSES.items():
            self._commands[name] = [sys.executable, *command.format(folder=self.folder).split()]
        self._keeper.start()
        _wait_for(f"{self.url}/health", lambda told: bool(told["ok"]))
        return self

    def web(self, name: str, *options: str, tls: bool = False, **settings: str) -> str:
        """One more web process, with settings of its own. Returns its address."""
        port = _free_port()
        bind = ["-k", "gevent", "-b", f"127.0.0.1:{port}", "--no-control-socket", *options]
        self._extra[name] = {"PORT": str(port), **settings}
        self._commands[name] = [sys.executable, "-m", "gunicorn", *bind, "ingress.app:create_app()"]
        self._start(name)
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        _wait_for(f"{url}/health")
        return url

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children; it comes back at once, unless it is paused."""
        os.killpg(self._running[name].pid, signal.SIGKILL)
        self._running[name].wait()

    def pause(self, name: str) -> None:
        """Kills it, and it stays away."""
        self._paused.add(name)
        self.kill(name)

    def resume(self, name: str) -> None:
        self._paused.discard(name)

    def _keep(self) -> None:
        while not self._stopping.wait(0.1):
            for name in set(self._commands) - self._paused:
                running = self._running.get(name)
                if running is None or running.poll() is not None:
                    self._start(name)

    def _start(self, name: str) -> None:
        environ = self._environ() | self._extra.get(name, {})
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands[name], cwd=ROOT, env=environ, stdout=log, stderr=log, start_new_session=True
            )

    def _environ(self) -> dict[str, str]:
        ours = {"VAR_FOLDER": str(self.folder), "SECRET_KEY": SECRET, "REDIS_URL": self.redis.url}
        return {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", **ours, **self.settings}

    def stop(self) -> None:
        """Kills everything."""
        self._stopping.set()
        if self._keeper.is_alive():
            self._keeper.join()
        for name, process in self._running.items():
            if process.poll() is None:
                self.kill(name)
        self.redis.stop()

    def certificate(self) -> tuple[str, str]:
        """A self-signed certificate and its key, as files."""
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        what = ["-subj", "/CN=127.0.0.1", "-days", "1", "-nodes", "-keyout", str(key), "-out", str(cert)]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", *what], check=True, capture_output=True)
        return str(cert), str(key)


def new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="sb-pages-"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, good: Callable[[dict[str, Any]], bool] = lambda told: True) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2, context=trusting) as response:
            if good(json.load(response)):
                return
        time.sleep(0.05)
    raise AssertionError(f"{url} does not answer well")
