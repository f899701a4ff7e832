"""Passwords: which are allowed (NIST SP 800-63B-4, 3.1.1) and how they are stored.

bcrypt reads 72 bytes and its library refuses more, so the password is first hashed with HMAC-SHA256 under a constant key
and encoded in base64, since a NUL byte would end it early. The key is no secret: rotating keys must not void passwords.
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
GUESSES_MIN = 10**10  # zxcvbn's best grade: resists an offline attack on stolen hashes
# Characters that zxcvbn judges at either end: its time grows with the square of their number, most for digits and signs.
JUDGED_LENGTH = 32
COST = 12
SCHEME = "bcrypt-hmac-sha256$"
# The hash of a password that nobody knows.
_DUMMY_HASH = "bcrypt-hmac-sha256$$2b$12$4ApeA7DM2/D8n6AelYlHQOM4ZK.r/IgqFVuNQtP1Ya3HH80ducoUG"
_APPLICATION = b"switchboard password"
_SEPARATORS = re.compile(r"[\W_]+")


def check(password: str, about: Iterable[str | None], field: str = "password") -> None:
    """Raises Invalid for a password that is too short, too long, or easy to guess, also for someone who knows the person:
    `about` holds their e-mail address and names. Takes milliseconds, at most a second of CPU: not for the ingress."""
    if len(_normal(password)) < MIN_LENGTH:
        raise Invalid(
            field, f"must have at least {MIN_LENGTH} characters; a few words that you can remember are a good password"
        )
    if len(password.encode()) > MAX_BYTES:
        raise Invalid(field, f"must have at most {MAX_BYTES} bytes")
    normalised = unicodedata.normalize("NFKC", password)
    guessable = sorted(_personal_words(about))
    if not any(
        _guesses(part, guessable) >= GUESSES_MIN
        for part in dict.fromkeys((normalised[:JUDGED_LENGTH], normalised[-JUDGED_LENGTH:]))
    ):
        raise Invalid(field, "is too easy to guess; choose a few words that have nothing to do with each other")


def _personal_words(about: Iterable[str | None]) -> set[str]:
    """What an attacker tries first: the person's names and address, whole and in parts."""
    texts = [text.lower() for text in about if text]
    whole = {*texts, *(text.partition("@")[0] for text in texts), "switchboard"}
    return whole | {part for text in whole for part in _SEPARATORS.split(text) if len(part) > 2}


def _guesses(password: str, guessable: list[str]) -> int:
    """zxcvbn's estimate of how many guesses find the password."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 - takes megabytes, and few processes set passwords

    return int(zxcvbn(password, guessable, max_length=JUDGED_LENGTH)["guesses"])


def hashed(password: str) -> str:
    """The password's hash with its scheme, for storage. Deliberately takes a quarter of a second of CPU."""
    return SCHEME + bcrypt.hashpw(_prepared(password), bcrypt.gensalt(COST)).decode()


def verify(password: str, stored: str | None) -> bool:
    """Whether the password matches the stored hash. Takes as long without a hash, so that the time does not reveal
    whether an account exists."""
    scheme, _, digest = (stored or _DUMMY_HASH).rpartition("$2b$")
    matches = bcrypt.checkpw(_prepared(password), f"$2b${digest}".encode())
    return matches and stored is not None and scheme == SCHEME


def _prepared(password: str) -> bytes:
    return base64.b64encode(hmac.digest(_APPLICATION, _normal(password).encode(), hashlib.sha256))


def _normal(password: str) -> str:
    """The password in Unicode's NFC, so that the keyboard's way of composing characters does not matter."""
    return unicodedata.normalize("NFC", password)
