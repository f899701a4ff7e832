"""Usernames: which are allowed, and which look the same to a reader.

The UsernameCasePreserved profile of PRECIS (RFC 8265, 3.4) refuses invisible characters. One script per name, or scripts
that are commonly written together, is "highly restrictive" in Unicode's terms (UTS 39, 5.2).
"""

from __future__ import annotations

import unicodedata
from functools import cache

from models.errors import Invalid
from models.people.identifiers import KEY_MAX, key_of

SIGNS = "._+-"
TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},  # Japanese
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},  # Korean
)
_ANY_SCRIPT = {"COMMON", "INHERITED"}
_LETTERS_AND_NUMBERS = ("L", "M", "N")  # and the marks of letters
_MARK = "\u200e"  # stands around right-to-left characters in the library's data


def username_of(text: str) -> str:
    """The username in the form that we store (NFC). Raises Invalid."""
    from precis_i18n import get_profile  # noqa: PLC0415 - large Unicode tables, which few processes need

    try:
        name = str(get_profile("UsernameCasePreserved").enforce(text))
    except UnicodeEncodeError:
        raise Invalid("username", "may contain only letters, digits and . + - _, no invisible characters") from None
    if any(unicodedata.category(char)[0] not in _LETTERS_AND_NUMBERS and char not in SIGNS for char in name):
        raise Invalid("username", "may contain only letters, digits and . + - _, no spaces")
    if not any(char.isalnum() for char in name):
        raise Invalid("username", "must contain a letter or a digit")
    _check_scripts(name)
    if max(len(key_of(name)), len(look_of(name))) > KEY_MAX:
        raise Invalid("username", "is too long")
    return name


def _check_scripts(name: str) -> None:
    from confusable_homoglyphs import categories  # noqa: PLC0415 - the same

    scripts = categories.unique_aliases(name) - _ANY_SCRIPT
    zeros = {ord(char) - unicodedata.decimal(char) for char in name if char.isdecimal()}
    if len(zeros) > 1 or (len(scripts) > 1 and not any(scripts <= combination for combination in TOGETHER)):
        raise Invalid("username", "mixes scripts whose letters look alike; use only one script")


def look_of(username: str) -> str:
    """A key that is equal for names that look alike: the skeleton of UTS 39, 4, in lower case."""
    prototypes = _prototypes()
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", username))
    return unicodedata.normalize("NFD", "".join(prototypes.get(char, char) for char in decomposed)).casefold()


@cache
def _prototypes() -> dict[str, str]:
    """Character → the prototype that it looks like, from Unicode's confusables.

    The library lists each pair in both directions. A character has one prototype, a prototype has many characters; where
    each has only the other, the prototype is the one of several letters, or the simpler one.
    """
    from confusable_homoglyphs import utils  # noqa: PLC0415 - the same

    lookalikes = {
        char.strip(_MARK): {entry["c"].strip(_MARK) for entry in entries}
        for char, entries in utils.load("confusables.json").items()
    }
    prototypes = {}
    for char, alike in lookalikes.items():
        if len(char) == 1 and len(alike) == 1:
            (other,) = alike
            if len(lookalikes.get(other, ())) > 1 or _rank(other) < _rank(char):
                prototypes[char] = other
    return prototypes


def _rank(text: str) -> tuple[bool, bool, str]:
    return len(text) == 1, not text.isascii(), text
