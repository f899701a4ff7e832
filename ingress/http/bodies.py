"""What a body must be before a route looks at it: JSON by name and by form, an object, and text that can be stored."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from flask import current_app, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import BadRequest, NotFound, RequestEntityTooLarge, UnsupportedMediaType

from models.errors import Invalid
from models.texts import storable

View = TypeVar("View", bound=Callable[..., Any])
UNSTORABLE = "may not contain NUL or lone surrogates"
LEVELS = 64  # of arrays and objects within each other
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
    check_document(parse(raw()))


def takes_form(view: View) -> View:
    """Lets a route take a form as well as JSON; it reads its body itself."""
    view.takes_form = True  # type: ignore[attr-defined]  # read by `check`
    return view


def raw() -> bytes:
    """The body's bytes. Raises BadRequest for chunks that are none, and RequestEntityTooLarge.

    A chunked body does not say its length, and Werkzeug would give what fits into the limit and leave the rest.
    """
    try:
        data = request.get_data()
        if request.content_length is None and request.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
    except (ParseException, OSError):  # gunicorn's, for chunks; OSError: the client is gone
        raise BadRequest from None
    return data


def parse(text: bytes) -> Any:
    """The JSON document of a body. Raises BadRequest, also for NaN and Infinity, which are no JSON (RFC 8259, 6)."""
    try:
        return request.json_module.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadRequest from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def check_document(document: Any) -> None:
    """Raises Invalid unless the document is an object whose every text and number can be stored."""
    if not isinstance(document, dict):
        raise Invalid("body", "must be an object")
    _check(document, "body")


def _check(value: Any, where: str, level: int = 0) -> None:
    if level > LEVELS:
        raise Invalid(where, f"is nested more than {LEVELS} levels deep")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_leaf(name, where)
            _check(inner, name, level + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, where, level + 1)
    else:
        _check_leaf(value, where)


def _check_leaf(value: Any, where: str) -> None:
    if isinstance(value, str) and not storable(value):
        raise Invalid(where, UNSTORABLE)
    if isinstance(value, float) and not math.isfinite(value):  # 1e999
        raise Invalid(where, "is a number too large to be kept")
