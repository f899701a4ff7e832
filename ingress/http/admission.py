"""Limits on connections: a number of requests per address at a time, each with a deadline for its body.

A request counts from its head to the end of its response, so sockets, streams, waiting requests and slow readers all
count. Webhooks count separately: visitors behind an address cannot shut out a provider behind the same address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from werkzeug.wsgi import ClosingIterator

from ingress.http import problem_types, refusals
from ingress.http.occupancy import Occupancy
from ingress.http.slow_bodies import TimedBody
from models.errors import TooMany
from models.networks import network_of
from models.settings import settings

PROBES = frozenset(("/health", "/ready", "/metrics"))  # a probe would take a refusal for an outage
WEBHOOKS = "/webhooks/"
Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class Admission:
    """A WSGI middleware in front of everything except what determines the client's address."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open = Occupancy("connections of one address")

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path in PROBES:
            return self._app(environ, start_response)
        network = network_of(environ.get("REMOTE_ADDR", ""))
        holder = f"{WEBHOOKS if path.startswith(WEBHOOKS) else ''}{network}"
        try:
            self._open.enter(holder, settings().connections_per_address)
        except TooMany as error:
            refusals.note(error.limit, network)
            return _refuse(error, start_response)
        return self._admit(environ, start_response, partial(self._open.leave, holder))

    def _admit(self, environ: dict[str, Any], start_response: Start, leave: Callable[[], None]) -> Iterable[bytes]:
        if "gunicorn.socket" in environ:
            environ["wsgi.input"] = TimedBody(environ["wsgi.input"], environ.get("CONTENT_LENGTH", ""))
        try:
            return ClosingIterator(self._app(environ, start_response), [leave])
        except BaseException:  # the end of a socket raises StopIteration
            leave()
            raise


def _refuse(error: TooMany, start_response: Start) -> Iterable[bytes]:
    """The usual problem document, made without Flask."""
    headers = [
        ("Content-Type", problem_types.MEDIA_TYPE),
        ("Retry-After", str(round(error.retry_after or 1))),
        ("Connection", "close"),
    ]
    start_response("429 Too Many Requests", headers)
    return [problem_types.document(problem_types.of_class(error), error.detail)]
