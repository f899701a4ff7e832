"""Gunicorn's settings: one gevent worker with room for many sockets, and a graceful stop that is a quick one."""

from __future__ import annotations

import logging
from contextlib import suppress
from http.client import responses
from typing import Any

from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

from models.settings import settings

_host = settings().host
bind = f"[{_host}]:{settings().port}" if ":" in _host else f"{_host}:{settings().port}"
certfile = settings().ssl_cert or None
keyfile = settings().ssl_key or None
WRITTEN_WITHIN = 2.0  # seconds, for a refusal


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """The gevent worker, whose refusals of what is no request are problem documents, as the app's are."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Gunicorn finds the status and writes its log; its page, which repeats the request, goes no further."""
        page = _Page()
        super().handle_error(req, page, addr, exc)
        with suppress(OSError):  # the client may be gone, or read nothing
            client.settimeout(WRITTEN_WITHIN)
            client.sendall(_problem(page.status))


class _Page:
    """Takes the place of the client's socket, and keeps the status of what is written to it."""

    status = 500

    def gettimeout(self) -> float:
        """Asked by gunicorn: what is written here never waits."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Reads the status line."""
        self.status = int(data.split(b" ", 2)[1])


def _problem(status: int) -> bytes:
    """A whole response of HTTP/1.1."""
    from ingress.problems import DETAILS, problem  # noqa: PLC0415 - imported in the worker, behind gevent's patching

    title = responses.get(status, "Error")
    response = problem(status, title, DETAILS.get(status, f"{title}."))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
    return f"HTTP/1.1 {status} {title}\r\n{head}\r\n".encode("latin-1") + response.get_data()


worker_class = Worker
workers = 1  # sockets are counted and limited in one process; more processes are more machines' work
worker_connections = 12_000
preload_app = False  # gevent patches the worker, not the master: the app is imported behind the patching
timeout = 30
graceful_timeout = 5
keepalive = 5

# How many proxies are believed is TRUSTED_PROXIES, for the app to judge. Gunicorn would believe whatever comes from its own
# machine: a `SCRIPT_NAME` or `PATH_INFO` that a client has sent through a proxy, and the scheme.
forwarded_allow_ips = ""
forwarder_headers = ""

proc_name = "switchboard"
loglevel = settings().log_level.lower()
errorlog = "-"
accesslog = None
control_socket_disable = True  # it would be written to the home folder, shared by every deployment of this user


def post_worker_init(worker: Any) -> None:
    """LOG_LEVEL is for what we say. Sockets and streams are told to come back as soon as the worker is asked to stop."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for room in ("models", "channels", "workers", "ingress", "auth"):
        logging.getLogger(room).setLevel(settings().log_level)
    from ingress.sse import close_all  # noqa: PLC0415 - imported in the worker, behind gevent's patching

    worker.wsgi.extensions["sockets"].close_when(lambda: not worker.alive, also=close_all)
