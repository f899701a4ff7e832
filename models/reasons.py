"""Why a value is refused, in plain words. Pydantic's own texts name Python's types and our classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

OTHER = "is not valid"
NUMBER, WHOLE, TEXT, CHOICE = "must be a number", "must be a whole number", "must be text", "must be true or false"
LIST, OBJECT = "must be a list", "must be an object"
# Pydantic's kind of error (docs.pydantic.dev, “Validation Errors”) → our words; braces name keys of `ctx`.
REASONS = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "string_type": TEXT,
    "string_unicode": TEXT,
    "string_too_long": "must have at most {max_length:,} characters",
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_from_float": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": NUMBER,
    "bool_type": CHOICE,
    "bool_parsing": CHOICE,
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:,g}",
    "list_type": LIST,
    "tuple_type": LIST,
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length:,} entries",
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
}
FORMS: dict[str, str] = {}


def form(pattern: str, reason: str) -> str:
    """The pattern. From now on, a mismatch has this `reason`."""
    FORMS[pattern] = reason
    return pattern


def faults(error: ValidationError, whole: str = "body") -> list[tuple[str, str]]:
    """Field and reason of each fault. A nested field has a dotted path; a fault of the whole document is named `whole`."""
    return [
        (".".join(map(str, e["loc"])) or whole, reason(e["type"], e.get("ctx", {})))
        for e in error.errors(include_url=False, include_input=False)
    ]


def reason(kind: str, context: Mapping[str, Any]) -> str:
    """The reason for a kind of error, in words. `context` is pydantic's `ctx`, which never holds the value."""
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return FORMS.get(str(context["pattern"]), OTHER)
    if kind == "string_too_short":
        least = context["min_length"]
        return "must not be empty" if least == 1 else f"must have at least {least:,} characters"
    if kind == "literal_error":
        return f"must be {context['expected']}".replace("'", "")
    return REASONS.get(kind, OTHER).format(**context)
