"""Redirects to another spelling of a path, as from `//api/chat`: they stay on the same host, whatever `Host` was sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
from werkzeug.routing import RequestRedirect
from werkzeug.utils import redirect
from werkzeug.wrappers import Response


def answer() -> Response | None:
    """Werkzeug's redirect without scheme and host; None when there is none.

    Flask passes a RequestRedirect to no error handler, so this runs before the request is dispatched.
    """
    exception = request.routing_exception
    return redirect(_path_of(exception.new_url), exception.code) if isinstance(exception, RequestRedirect) else None


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
