"""Passwords: what may be one (NIST SP 800-63B-4, 3.1.1) and how it is kept.

bcrypt looks at 72 bytes and its library refuses more, so the password is hashed before: HMAC-SHA256 under a constant,
in base64, without the NUL bytes that would end it early. The constant is no secret: a rotated key must kill no password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

import bcrypt

from models.errors import Invalid

MIN_LENGTH = 15  # characters, where the password is the only factor
MAX_BYTES = 1024
COST = 12
SCHEME = "bcrypt-hmac-sha256$"
_NOBODYS = "bcrypt-hmac-sha256$$2b$12$4ApeA7DM2/D8n6AelYlHQOM4ZK.r/IgqFVuNQtP1Ya3HH80ducoUG"  # of a forgotten one
_APPLICATION = b"switchboard password"
_TAIL = re.compile(r"[\W\d_]+$")
_REPEATED = re.compile(r"(.{2,}?)\1+")


def check(password: str, about: Iterable[str | None], field: str = "password") -> None:
    """Raises Invalid for a password that is too short, too long, or easily guessed: common, or made of what is `about`
    the person (e-mail address, names)."""
    if len(_normal(password)) < MIN_LENGTH:
        raise Invalid(field, f"has at least {MIN_LENGTH} characters; a few words that you remember are good")
    if len(password.encode()) > MAX_BYTES:
        raise Invalid(field, f"has at most {MAX_BYTES} bytes")
    known = {word.casefold() for name in about if name for word in (name, name.partition("@")[0])} | {"switchboard"}
    word = _normal(password).casefold()
    if _is_counting(word) or any(core in known or core in _common() for core in _cores(word)):
        raise Invalid(field, "is one of the first that would be guessed; take another")


def _is_counting(word: str) -> bool:
    """1234567890123…, abcdefgh…, 9876543210…: each character a step from the one before."""
    return {(ord(after) - ord(before)) % 10 for before, after in pairwise(word)} in ({1}, {9})


def _cores(password: str) -> Iterator[str]:
    """The password, what it repeats, and both without the digits and signs at their end."""
    repeated = _REPEATED.fullmatch(password)
    for word in (password, repeated[1] if repeated else password):
        yield word
        yield _TAIL.sub("", word)


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - a megabyte, for who sets passwords only

    return frozenset(FREQUENCY_LISTS["passwords"])


def hashed(password: str) -> str:
    """The password as it is kept, with its scheme. Takes a quarter of a second of one core, on purpose."""
    return SCHEME + bcrypt.hashpw(_prepared(password), bcrypt.gensalt(COST)).decode()


def verify(password: str, kept: str | None) -> bool:
    """Whether it is the password. It takes as long when none is kept: nobody learns from the time who exists."""
    scheme, _, digest = (kept or _NOBODYS).rpartition("$2b$")
    right = bcrypt.checkpw(_prepared(password), f"$2b${digest}".encode())
    return right and kept is not None and scheme == SCHEME


def _prepared(password: str) -> bytes:
    return base64.b64encode(hmac.digest(_APPLICATION, _normal(password).encode(), hashlib.sha256))


def _normal(password: str) -> str:
    """The same however a keyboard composes it (Unicode's NFC)."""
    return unicodedata.normalize("NFC", password)
