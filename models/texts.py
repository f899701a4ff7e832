"""Texts: which can be stored as UTF-8 in every database, and which show something to a reader."""

from __future__ import annotations

import unicodedata

# Unicode's categories of controls, format characters and separators.
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Zs"}
# Invisible characters of other categories: fillers, joiners and variation selectors that Unicode calls
# default-ignorable (DerivedCoreProperties.txt), and the blank Braille pattern.
_INVISIBLE = frozenset(
    map(chr, [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)])
) | frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKING = {"Cc", "Zl", "Zp"}  # control characters, and the two separators that break a line


def is_storable(text: str) -> bool:
    """False for NUL, which PostgreSQL refuses, and for lone surrogates, which have no UTF-8."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def mended(text: str) -> str:
    """Text from a channel or a model, made storable: what cannot be stored becomes U+FFFD."""
    if is_storable(text):
        return text
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


def is_blank(text: str) -> bool:
    """True for text in which a reader sees nothing: empty, or only white space and other invisible characters."""
    return all(char in _INVISIBLE or unicodedata.category(char) in _INVISIBLE_CATEGORIES for char in text)


def fault_of_line(text: str) -> str | None:
    """Why the text cannot be a single line, such as a name; None when it can.

    Bidi controls (Unicode's property Bidi_Control) reverse the text that follows, so a name could disguise it.
    """
    if any(char in BIDI_CONTROLS for char in text):
        return "may not hold characters that change the direction of writing"
    if any(unicodedata.category(char) in _BREAKING for char in text):
        return "may not hold line breaks or other control characters"
    if all(unicodedata.category(char)[0] in "CZ" for char in text):
        return "needs a character that can be seen"
    return None


def line_of(text: str) -> str:
    """Text that a program sends about itself, as a single line: forbidden characters become U+FFFD."""
    return "".join(
        "\ufffd" if char in BIDI_CONTROLS or unicodedata.category(char) in _BREAKING else char for char in text
    )
