"""What a body must be before a route looks at it: JSON by name and by form, an object, and text that can be stored."""

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
    """Raises 404, 415, 400 or Invalid. Webhooks are signed over raw bytes, so they look themselves."""
    if "\0" in request.path:  # nothing has such a name, and PostgreSQL refuses to look for it
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
    """Lets a route take a form as well as JSON; it reads its body itself."""
    view.takes_form = True  # type: ignore[attr-defined]  # read by `check`
    return view


def raw() -> bytes:
    """The body's bytes. Raises Malformed for chunks that are none, and RequestEntityTooLarge.

    A chunked body does not say its length, and Werkzeug would give what fits into the limit and leave the rest.
    """
    try:
        data = request.get_data()
        if request.content_length is None and request.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
    except (ParseException, OSError):  # gunicorn's, for chunks; OSError: the client is gone
        raise Malformed from None
    return data
