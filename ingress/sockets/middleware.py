"""The WSGI middleware of the socket. It is in front of the app, so that a socket holds no request context."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ingress.http import problem_types
from ingress.sockets.clock import Clock
from ingress.sockets.connection import Connection
from ingress.sockets.handshake import NoUpgrade, accept
from ingress.sockets.options import Options
from ingress.sockets.protocol import SHUTDOWN
from ingress.sockets.registry import Registry
from models.networks import network_of

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class Sockets:
    """Serves `options.path` itself and passes every other request to the app. Needs gunicorn's gevent worker."""

    def __init__(self, app: App, registry: Registry, options: Options | None = None) -> None:
        self._app = app
        self._registry = registry
        self._options = options or Options()
        self._open: set[Connection] = set()
        self._clock = Clock(min(1.0, self._options.ping_every / 10))

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != self._options.path:
            return self._app(environ, start_response)
        try:
            opening = accept(environ, self._options.origins)
            if "gunicorn.socket" not in environ:
                raise NoUpgrade("501 Not Implemented", "The WebSocket needs gunicorn's gevent worker.")
        except NoUpgrade as refusal:
            return _refuse(refusal, start_response)
        sock, network = environ["gunicorn.socket"], network_of(environ.get("REMOTE_ADDR", ""))
        environ.clear()  # gunicorn's stack frames would keep it alive as long as the socket
        self._serve(sock, opening, network)

    def _serve(self, sock: Any, opening: bytes, network: str) -> NoReturn:
        sock.sendall(opening)
        connection = Connection(sock, self._options, self._registry, self._clock, network)
        self._open.add(connection)
        try:
            connection.run()
        finally:
            self._open.discard(connection)
        raise StopIteration  # gunicorn's base_async: the response is done and the connection must be closed

    def __len__(self) -> int:
        """The number of open sockets in this process."""
        return len(self._open)

    def close_when(self, stopping: Callable[[], bool], also: Callable[[], None] = lambda: None) -> None:
        """Once `stopping()` is true, closes all sockets with a code to reconnect (3001), so that a graceful stop is quick.

        For gunicorn's `post_worker_init` hook: `worker.wsgi.close_when(lambda: not worker.alive, also=sse.close_all)`.
        """

        def check() -> None:
            if stopping():
                also()
                for connection in list(self._open):
                    connection.close(SHUTDOWN)

        self._clock.each_round = check
        self._clock.start()


def _refuse(refusal: NoUpgrade, start_response: Start) -> Iterable[bytes]:
    """An error in the form of RFC 9457, as everywhere in the API."""
    body = problem_types.document(problem_types.of_status(int(refusal.status[:3])), refusal.detail)
    headers = [("Content-Type", problem_types.MEDIA_TYPE), ("Content-Length", str(len(body))), *refusal.headers]
    start_response(refusal.status, headers)
    return [body]
