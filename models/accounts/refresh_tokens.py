"""Refresh tokens: a device session's id, a counter, and an HMAC over both and the session's salt.

An old token can prove that we issued it, so that only a copied token ends a session, not an invented one
(docs/decisions/0018).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from models import sealing

PREFIX = "sbr_"
_PURPOSE = "refresh"


@dataclass(frozen=True)
class RefreshToken:
    """The content of a token, not yet verified."""

    session_id: str
    counter: int
    mac: bytes

    def is_real(self, salt: str) -> bool:
        """Whether we issued it, with any of our keys, for the session with this salt."""
        macs = (_mac(key, self.session_id, salt, self.counter) for key in sealing.derived(_PURPOSE))
        return any(hmac.compare_digest(mac, self.mac) for mac in macs)


def encoded(session_id: str, salt: str, counter: int) -> str:
    """The session's refresh token for this counter."""
    mac = _mac(sealing.derived(_PURPOSE)[0], session_id, salt, counter)
    return PREFIX + base64.urlsafe_b64encode(session_id.encode() + counter.to_bytes(4, "big") + mac).decode()


def parse(token: str) -> RefreshToken | None:
    """The token's content, not verified; None when it cannot be a token."""
    try:
        raw = base64.b64decode(token.removeprefix(PREFIX).encode(), b"-_", validate=True)
        session_id = raw[:36].decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    if not token.startswith(PREFIX) or "\0" in session_id:
        return None
    return RefreshToken(session_id, int.from_bytes(raw[36:40], "big"), raw[40:])


def _mac(key: bytes, session_id: str, salt: str, counter: int) -> bytes:
    return sealing.mac(key, session_id, salt, str(counter))
