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
from collections.abc import Iterable

import bcrypt

from models.errors import Invalid

MIN_LENGTH = 15  # characters, where the password is the only factor
MAX_BYTES = 1024
GUESSES_MIN = 10**10  # zxcvbn's best grade: beyond a fast computer that has stolen the hashes
LOOKED_AT = (
    32  # characters at either end: the time grows with the square of their number, most of all for digits and signs
)
COST = 12
SCHEME = "bcrypt-hmac-sha256$"
_NOBODYS = "bcrypt-hmac-sha256$$2b$12$4ApeA7DM2/D8n6AelYlHQOM4ZK.r/IgqFVuNQtP1Ya3HH80ducoUG"  # of a forgotten one
_APPLICATION = b"switchboard password"
_SEPARATORS = re.compile(r"[\W_]+")


def check(password: str, about: Iterable[str | None], field: str = "password") -> None:
    """Raises Invalid for a password that is too short, too long, or easily guessed, also by who knows what is `about` the
    person (e-mail address, names). Takes milliseconds, at worst a second of one core: workers and commands call it."""
    if len(_normal(password)) < MIN_LENGTH:
        raise Invalid(
            field, f"must have at least {MIN_LENGTH} characters; a few words that you can remember are a good password"
        )
    if len(password.encode()) > MAX_BYTES:
        raise Invalid(field, f"must have at most {MAX_BYTES} bytes")
    word = unicodedata.normalize("NFKC", password)
    known = sorted(_known(about))
    if not any(_guesses(part, known) >= GUESSES_MIN for part in dict.fromkeys((word[:LOOKED_AT], word[-LOOKED_AT:]))):
        raise Invalid(field, "is too easy to guess; choose a few words that have nothing to do with each other")


def _known(about: Iterable[str | None]) -> set[str]:
    """What is tried first of a person: names and address, whole and in their parts."""
    texts = [text.lower() for text in about if text]
    whole = {*texts, *(text.partition("@")[0] for text in texts), "switchboard"}
    return whole | {part for text in whole for part in _SEPARATORS.split(text) if len(part) > 2}


def _guesses(password: str, known: list[str]) -> int:
    """How many guesses find it, as zxcvbn estimates it."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 - some megabytes, for who sets passwords only

    return int(zxcvbn(password, known, max_length=LOOKED_AT)["guesses"])


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
