"""Requirements for every request body: JSON by content type and form, an object, text that can be stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import NotFound, RequestEntityTooLarge, UnsupportedMediaType

from models import documents
from models.errors import Malformed

View = TypeVar("View", bound=Callable[..., Any])
FORM = "application/x-www-form-urlencoded"
WITH_BODY = {"POST", "PUT", "PATCH"}


def check() -> None:
    """Raises 404, 415, 400 or Invalid. Not for webhooks, which are signed over raw bytes and check themselves."""
    if "\0" in request.path:  # nothing has such a name, and PostgreSQL refuses to search for it
        raise NotFound
    if request.method not in WITH_BODY or request.path.startswith("/webhooks/"):
        return
    if not request.content_length and not request.headers.get("Transfer-Encoding"):
        return
    if request.mimetype == FORM and getattr(
        current_app.view_functions.get(request.endpoint or ""), "takes_form", False
    ):
        return
    if not request.is_json:
        raise UnsupportedMediaType
    documents.check(documents.parse(raw()))


def takes_form(view: View) -> View:
    """Marks a route that takes a form as well as JSON, and reads its body itself."""
    view.takes_form = True  # type: ignore[attr-defined]  # read by `check`
    return view


def raw() -> bytes:
    """The body's bytes. Raises Malformed for invalid chunks, RequestEntityTooLarge.

    A chunked body does not state its length; Werkzeug would return the part within the limit and drop the rest.
    """
    try:
        data = request.get_data()
        if request.content_length is None and request.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
    except (ParseException, OSError):  # gunicorn's error for chunks; OSError: the client is gone
        raise Malformed from None
    return data
