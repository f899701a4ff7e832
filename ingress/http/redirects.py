"""Redirects to another spelling of an address, as from `//api/chat`, lead to the same host, whatever `Host` was sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
from werkzeug.routing import RequestRedirect
from werkzeug.utils import redirect
from werkzeug.wrappers import Response


def answer() -> Response | None:
    """The redirect that Werkzeug asks for, without scheme and host; None when it asks for none.

    Flask hands a RequestRedirect to no error handler, so this runs before the request is dispatched.
    """
    asked = request.routing_exception
    return redirect(_path_of(asked.new_url), asked.code) if isinstance(asked, RequestRedirect) else None


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
