"""Challenges of passkey ceremonies: random, for one purpose, good once and for five minutes (WebAuthn Level 3, 13.4.3)."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass

from models.errors import RedisAway
from models.store.redis import REDIS_ERRORS, redis

LIFETIME = 5 * 60  # seconds
ADD, REGISTER, LOGIN = "add", "register", "login"


@dataclass(frozen=True)
class Challenge:
    """What it was made for. `user_id`: whose account gets the passkey. `email`: of a new account, or the one that a
    sign-in must be of; empty for a sign-in without a name."""

    purpose: str
    user_id: str = ""
    email: str = ""


def begin(challenge: Challenge) -> bytes:
    """32 random bytes that stand for it. Raises RedisAway."""
    made = secrets.token_bytes(32)
    try:
        redis().set(_key(made), json.dumps(asdict(challenge)), ex=LIFETIME)
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return made


def take(made: bytes) -> Challenge | None:
    """What these bytes stood for, once; None for unknown, used or expired ones. Raises RedisAway."""
    try:
        found = redis().getdel(_key(made))
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return Challenge(**json.loads(str(found))) if found else None


def _key(made: bytes) -> str:
    return f"challenge:{hashlib.sha256(made).hexdigest()}"
