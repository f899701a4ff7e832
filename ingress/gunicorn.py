"""Gunicorn's settings: one gevent worker with room for many sockets, and a graceful stop that is a quick one."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

from models.networks import network_of
from models.settings import settings

HANDSHAKE_WITHIN = 5.0  # seconds, as long as a request's head may take (`keepalive`)
REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: application/problem+json\r\nContent-Length: 68\r\n\r\n"
    b'{"type": "about:blank", "title": "Too many requests", "status": 429}'
)


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Takes at most half of all connections from one address, before a request is there whose address could be counted.

    Not behind proxies, whose address all clients have: the proxies bound slow heads and handshakes then.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connected: Counter[str] = Counter()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """One connection, from its handshake to its end."""
        who = network_of(addr[0]) if addr and not settings().trusted_proxies else ""
        self._connected[who] += 1
        try:
            if who and settings().ratelimit_enabled and self._connected[who] > self.worker_connections // 2:
                self._refuse(client, who)
            elif _shakes_hands(client):
                super().handle(listener, client, addr)
        finally:
            self._connected[who] -= 1
            if not self._connected[who]:
                del self._connected[who]
            client.close()

    def _refuse(self, client: Any, who: str) -> None:
        from ingress import refusals  # noqa: PLC0415 - imported in the worker, behind gevent's patching

        refusals.note("half of all connections", who)
        if not isinstance(client, ssl.SSLSocket):  # a handshake would hold it longer
            with suppress(OSError):
                client.send(REFUSAL)


def _shakes_hands(client: Any) -> bool:
    """Whether a TLS client has done so in time; a plain one has nothing to do."""
    if not isinstance(client, ssl.SSLSocket):
        return True
    with gevent.Timeout(HANDSHAKE_WITHIN, False), suppress(OSError):
        client.do_handshake()
        return True
    return False


def ssl_context(_config: Any, default_ssl_context_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Gunicorn's hook. The handshake waits for `Worker.handle`, where it has a deadline; gevent's server has none."""
    context = default_ssl_context_factory()
    context.wrap_socket = partial(context.wrap_socket, do_handshake_on_connect=False)  # type: ignore[method-assign]
    return context


_host = settings().host
bind = f"[{_host}]:{settings().port}" if ":" in _host else f"{_host}:{settings().port}"
certfile = settings().ssl_cert or None
keyfile = settings().ssl_key or None

worker_class = Worker
workers = 1  # sockets are counted and limited in one process; more processes are more machines' work
worker_connections = 12_000
preload_app = False  # gevent patches the worker, not the master: the app is imported behind the patching
timeout = 30
graceful_timeout = 5
keepalive = 5

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
