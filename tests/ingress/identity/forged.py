"""Tokens with one fault."""

from __future__ import annotations

from collections.abc import Mapping

import jwt

from ingress.identity.tokens import AUDIENCE, ISSUER
from models.settings import settings


def forged(kind: str, claims: Mapping[str, object], /, **changes: object) -> dict[str, str]:
    """The headers of a token that we could have made, but for the changes; None takes a claim away.

    A change names a claim, `kid`, `typ`, or what it is signed with: `key`, `algorithm`.
    """
    kid, key = next(iter(settings().signing_keys.items()))
    said: dict[str, object] = {"iss": ISSUER, "aud": AUDIENCE, "jti": "j", **claims}
    header: dict[str, object] = {"kid": kid, "typ": kind}
    algorithm = str(changes.pop("algorithm", "HS256"))
    key = str(changes.pop("key", key))
    for name, value in changes.items():
        where = header if name in {"kid", "typ"} else said
        where[name] = value
        if value is None:
            del where[name]
    return {"Authorization": "Bearer " + jwt.encode(said, key, algorithm=algorithm, headers=header)}
