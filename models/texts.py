"""Text that UTF-8 and every database can hold, and text that shows something."""

from __future__ import annotations

import unicodedata

_UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # Unicode's categories of controls, format characters and separators
# Of other categories, and drawn as nothing: fillers, joiners and variation selectors that Unicode calls
# default-ignorable (DerivedCoreProperties.txt), and the blank Braille pattern.
_UNSEEN_TOO = frozenset(
    map(chr, [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)])
) | frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))


def storable(text: str) -> bool:
    """False for NUL, which PostgreSQL refuses, and for lone surrogates, which have no UTF-8."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def mended(text: str) -> str:
    """Text from a channel or a model: what cannot be stored becomes U+FFFD."""
    if storable(text):
        return text
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


def is_blank(text: str) -> bool:
    """True for text in which a reader sees nothing: white space, zero-width and other invisible characters, or none."""
    return all(char in _UNSEEN_TOO or unicodedata.category(char) in _UNSEEN for char in text)
