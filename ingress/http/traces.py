"""The trace id of a request: it is bound for the lines of the log, and every response of the app has it in a header."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wsgi import ClosingIterator

from ingress.http.described import Header
from models.logs import context

TRACE_ID = Header(
    "Trace-Id",
    "The trace id of this request in the logs: from a valid `traceparent` header (W3C Trace Context), or a new one.",
    {"type": "string", "pattern": "^[0-9a-f]{32}$"},
)
Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class Traces:
    """A WSGI middleware around everything else, so that refusals are traced, too."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        trace_id = context.trace_id_of(environ.get("HTTP_TRACEPARENT", "")) or context.new_trace_id()
        context.begin(trace_id)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (TRACE_ID.name, trace_id)], *more)

        try:
            return _Body(self._app(environ, start))
        except StopIteration:  # a socket that has ended
            context.end()
            raise


class _Body(ClosingIterator):
    """A response's body. When it has ended, the work has; after an error its facts stay, for gunicorn logs the error."""

    def __next__(self) -> bytes:
        try:
            return super().__next__()
        except StopIteration:
            context.end()
            raise
