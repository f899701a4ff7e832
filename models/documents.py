"""JSON documents from outside: well formed, with texts and numbers that every database can store."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, Field

from models.errors import Invalid, Malformed
from models.texts import is_blank, is_storable

UNSTORABLE = "must not contain NUL or lone surrogates"
LEVELS = 64  # of nested arrays and objects


def parse(text: bytes) -> Any:
    """The JSON document. Raises Malformed, also for NaN and Infinity, which are not JSON (RFC 8259, 6)."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Malformed from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def check(document: Any) -> None:
    """Raises Invalid unless the document is an object whose every text and number can be stored."""
    if not isinstance(document, dict):
        raise Invalid("body", "must be an object")
    _check(document, "body")


def _check(value: Any, where: str, level: int = 0) -> None:
    if level > LEVELS:
        raise Invalid(where, f"must not be nested more than {LEVELS} levels deep")
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
    if isinstance(value, str) and not is_storable(value):
        raise Invalid(where, UNSTORABLE)
    if isinstance(value, float) and not math.isfinite(value):  # 1e999
        raise Invalid(where, "contains a number that is too large")


def _visible(text: str) -> str:
    if is_blank(text):
        raise ValueError("must contain a visible character")
    return text


Content = Annotated[
    str,
    Field(min_length=1, max_length=16_000, description="1 to 16,000 characters, at least one of them visible"),
    AfterValidator(_visible),
]
Id = Annotated[str, Field(min_length=1, max_length=64)]


def without_null_defaults(schema: dict[str, Any]) -> None:
    """Removes `default: null` from a model's schema: generated clients send defaults, and null may mean "empty it"."""
    for field in schema.get("properties", {}).values():
        if field.get("default", ...) is None:
            del field["default"]
