"""What a body must be before a route looks at it: JSON by name and by form, an object, and text that can be stored."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from models.errors import Invalid

UNSTORABLE = "may not contain NUL or lone surrogates"
WITH_BODY = {"POST", "PUT", "PATCH"}


def check() -> None:
    """Raises 415, 400 or Invalid. Webhooks are signed over raw bytes, so they look themselves."""
    if request.method not in WITH_BODY or request.path.startswith("/webhooks/"):
        return
    if not request.content_length and not request.headers.get("Transfer-Encoding"):
        return
    if not request.is_json:
        raise UnsupportedMediaType
    check_document(parse(request.get_data()))


def parse(raw: bytes) -> Any:
    """The JSON document of a body. Raises BadRequest, also for nesting that no honest client needs."""
    try:
        return request.json_module.loads(raw)
    except (ValueError, RecursionError):
        raise BadRequest from None


def check_document(document: Any) -> None:
    """Raises Invalid unless the document is an object whose every text can be stored."""
    if not isinstance(document, dict):
        raise Invalid("body", "must be an object")
    _check(document, "body")


def _check(value: Any, where: str) -> None:
    if isinstance(value, str):
        if not storable(value):
            raise Invalid(where, UNSTORABLE)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not storable(name):
                raise Invalid(where, UNSTORABLE)
            _check(inner, name)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, where)


def storable(text: str) -> bool:
    """True for text that UTF-8 and every database can hold."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def mended(text: str) -> str:
    """Text from a channel: what cannot be stored becomes U+FFFD."""
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
