"""Usernames: what may be one, and which two a person would take for the same.

The UsernameCasePreserved profile of PRECIS (RFC 8265, 3.4) refuses what cannot be seen; one script a name, or scripts that
people write together, is "highly restrictive" in Unicode's terms (UTS 39, 5.2).
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


def username_of(written: str) -> str:
    """A username in the one form we keep (NFC). Raises Invalid with the reason."""
    from precis_i18n import get_profile  # noqa: PLC0415 - tables of Unicode, for who sets names only

    try:
        name = str(get_profile("UsernameCasePreserved").enforce(written))
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
    if len(zeros) > 1 or (len(scripts) > 1 and not any(scripts <= usual for usual in TOGETHER)):
        raise Invalid("username", "mixes scripts whose letters look alike; use only one script")


def look_of(username: str) -> str:
    """The same for two names that look alike: the skeleton of UTS 39, 4, in lower case."""
    prototypes = _prototypes()
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", username))
    return unicodedata.normalize("NFD", "".join(prototypes.get(char, char) for char in apart)).casefold()


@cache
def _prototypes() -> dict[str, str]:
    """Character → what it looks like, from Unicode's confusables.

    The library names both directions of each pair. A character has one prototype, and a prototype has many characters;
    where each has one only, the one of several letters or the simpler one is the prototype.
    """
    from confusable_homoglyphs import utils  # noqa: PLC0415 - the same

    known = {
        one.strip(_MARK): {other["c"].strip(_MARK) for other in others}
        for one, others in utils.load("confusables.json").items()
    }
    found = {}
    for char, others in known.items():
        if len(char) == 1 and len(others) == 1:
            (other,) = others
            if len(known.get(other, ())) > 1 or _rank(other) < _rank(char):
                found[char] = other
    return found


def _rank(text: str) -> tuple[bool, bool, str]:
    return len(text) == 1, not text.isascii(), text
