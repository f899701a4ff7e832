"""Our gunicorn worker: it limits the connections per address, and refuses with problem documents.

The master imports this, too, so nothing here may import the app before gevent has patched the worker.
"""

from __future__ import annotations

import ssl
from collections import Counter
from contextlib import suppress
from http.client import responses
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]

from ingress.http import problem_types
from models.errors import TooMany
from models.networks import network_of
from models.settings import settings

WRITTEN_WITHIN = 2.0  # seconds, for a refusal
HANDSHAKE_WITHIN = 5.0  # seconds, as long as a request's head may take (`keepalive`)
REFUSED = problem_types.document(
    problem_types.of_class(TooMany), "Your address holds half of all connections. Close some and try again."
)
REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%b" % (len(REFUSED), REFUSED)
)


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """The gevent worker. It refuses invalid requests with problem documents, as the app does.

    One address has at most half of all connections, counted before there is a request. Behind proxies all clients have the
    proxies' address and are not counted; there the proxies limit slow heads and handshakes.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connected: Counter[str] = Counter()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serves one connection, from its handshake to its end."""
        network = network_of(addr[0]) if addr and not settings().trusted_proxies else ""
        self._connected[network] += 1
        try:
            if network and settings().ratelimit_enabled and self._connected[network] > self.worker_connections // 2:
                self._refuse(client, network)
            elif _completes_handshake(client):
                super().handle(listener, client, addr)
        finally:
            self._connected[network] -= 1
            if not self._connected[network]:
                del self._connected[network]
            client.close()

    def _refuse(self, client: Any, network: str) -> None:
        from ingress.http import refusals  # noqa: PLC0415 - imported in the worker, after gevent's patching

        refusals.note("half of all connections", network)
        if not isinstance(client, ssl.SSLSocket):  # a handshake would hold it longer
            with suppress(OSError):
                client.send(REFUSAL)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Lets gunicorn find the status and write its log, but replaces its page, which repeats the request."""
        page = _Page()
        super().handle_error(req, page, addr, exc)
        with suppress(OSError):  # the client may be gone, or read nothing
            client.settimeout(WRITTEN_WITHIN)
            client.sendall(_problem(page.status))


def _completes_handshake(client: Any) -> bool:
    """Whether a TLS client completes the handshake in time; true for a plain one."""
    if not isinstance(client, ssl.SSLSocket):
        return True
    with gevent.Timeout(HANDSHAKE_WITHIN, False), suppress(OSError):
        client.do_handshake()
        return True
    return False


class _Page:
    """Replaces the client's socket, and keeps the status of what is written to it."""

    status = 500

    def gettimeout(self) -> float:
        """Called by gunicorn; nothing blocks here."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Reads the status line."""
        self.status = int(data.split(b" ", 2)[1])


def _problem(status: int) -> bytes:
    """A complete HTTP/1.1 response."""
    from ingress.http.problems import DETAILS, problem  # noqa: PLC0415 - imported in the worker, after gevent's patching

    title = responses.get(status, "Error")
    response = problem(problem_types.of_status(status), DETAILS.get(status, f"{title}."))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
    return f"HTTP/1.1 {status} {title}\r\n{head}\r\n".encode("latin-1") + response.get_data()
