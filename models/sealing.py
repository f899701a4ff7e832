"""Encryption, and keys derived from SECRET_KEY, one per purpose: a leaked key is useless for other purposes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.settings import settings


def derived(purpose: str) -> tuple[bytes, ...]:
    """A 32-byte key for each secret in SECRET_KEY, the current one first (HKDF-SHA256, RFC 5869)."""
    return _derived(purpose, settings().secret_key)


@lru_cache(maxsize=32)
def _derived(purpose: str, secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(
        HKDF(algorithm=SHA256(), length=32, salt=None, info=f"switchboard {purpose}".encode()).derive(secret.encode())
        for secret in secrets
    )


def mac(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 (RFC 2104) over the parts, separated so that other parts cannot give the same text."""
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).digest()


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived("sealed")])


def seal(text: str) -> str:
    """The text encrypted and authenticated (Fernet: AES-128-CBC and HMAC-SHA256), with the time of sealing."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str, seconds: int) -> str | None:
    """The text, if it was sealed at most `seconds` ago with a secret that is still listed; otherwise None."""
    try:
        return _fernet().decrypt(sealed.encode(), ttl=seconds).decode()
    except InvalidToken:
        return None
