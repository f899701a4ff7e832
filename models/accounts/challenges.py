"""Challenges of passkey ceremonies: random, for one purpose, valid once and for five minutes (WebAuthn Level 3, 13.4.3)."""

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
    """The purpose of a challenge. `user_id`: the account that gets the passkey. `email`: of the new account, or of the
    account to sign in to; empty for a sign-in without a name."""

    purpose: str
    user_id: str = ""
    email: str = ""


def begin(challenge: Challenge) -> bytes:
    """32 random bytes, stored with what they are for. Raises RedisAway."""
    challenge_bytes = secrets.token_bytes(32)
    try:
        redis().set(_key(challenge_bytes), json.dumps(asdict(challenge)), ex=LIFETIME)
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return challenge_bytes


def take(challenge_bytes: bytes) -> Challenge | None:
    """What these bytes were issued for; only the first call gets it. None: unknown, used or expired. Raises RedisAway."""
    try:
        stored = redis().getdel(_key(challenge_bytes))
    except REDIS_ERRORS as error:
        raise RedisAway from error
    return Challenge(**json.loads(str(stored))) if stored else None


def _key(challenge_bytes: bytes) -> str:
    return f"challenge:{hashlib.sha256(challenge_bytes).hexdigest()}"
