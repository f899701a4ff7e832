"""Text that UTF-8 and every database can hold."""

from __future__ import annotations


def storable(text: str) -> bool:
    """False for NUL, which PostgreSQL refuses, and for lone surrogates, which have no UTF-8."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def mended(text: str) -> str:
    """Text from a channel or a model: what cannot be stored becomes U+FFFD."""
    if storable(text):
        return text
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)
