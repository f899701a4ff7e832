"""Passwords: registering with one, signing in with one, changing it. Nothing is hashed inside a transaction."""

from __future__ import annotations

import uuid
from typing import Any

from sqlmodel import Session

from channels.revoking import revoke
from models.accounts import audit, passwords, sessions, users
from models.accounts.requests import Request
from models.accounts.revocations import Revoked
from models.accounts.users import User
from models.errors import Forbidden, Unauthenticated
from models.store import reading, session
from workers.accounts import signing_in

WRONG = "The name or the password is wrong."
WRONG_PASSWORD = "The current password is wrong."  # noqa: S105 - a message
_USERS = uuid.UUID("0e8f6f2c-93a1-5f0e-8a57-7c1d94c6a1b3")


def register(request: Request) -> dict[str, Any]:
    """A new user with a password, signed in. Raises Invalid (the password), Conflict (taken)."""
    said = dict(request.said)
    word = said.pop("password")
    passwords.check(word, (said["email"], said.get("username"), said.get("full_name")))
    kept = passwords.hashed(word)
    with session() as opened:
        user = users.add(opened, str(uuid.uuid5(_USERS, request.id)), said.pop("email"), password_hash=kept, **said)
        audit.record(opened, "user.registered", user.id, user.id, request.address, by="password")
        signed = signing_in.begin(opened, request, user, "password")
    return signing_in.told(signed)


def login(request: Request) -> dict[str, Any]:
    """Signs in by e-mail address or username. Raises Unauthenticated, alike for whoever is unknown; Forbidden."""
    with reading() as opened:
        found = users.named(opened, request.said["name"])
        user_id, kept = (found.id, found.password_hash) if found else (None, None)
    right = passwords.verify(request.said["password"], kept)
    with session(durable=right) as opened:
        user = _locked(opened, user_id) if right else None
        proven = user is not None and user.password_hash == kept
        if user is not None and proven and user.is_active:
            signed = signing_in.begin(opened, request, user, "password")
        else:
            signed = None
            audit.record(opened, "session.refused", None, user_id, request.address, by="password")
    if signed is not None:
        return signing_in.told(signed)
    if proven:
        raise Forbidden(signing_in.DISABLED)  # told only to who has the password
    raise Unauthenticated(WRONG)


def _locked(opened: Session, user_id: str | None) -> User | None:
    """The user, whom nobody disables, deletes or gives another password before the session has begun."""
    return users.locked(opened, user_id) if user_id else None


def change(request: Request) -> dict[str, Any]:
    """A new password; every other device is signed out.

    Raises Invalid, Forbidden (the current one is wrong), Unauthenticated (signed out meanwhile)."""
    with reading() as opened:
        user = users.get(opened, request.user_id)
        kept, about = user.password_hash, (user.email, user.username, user.full_name)
    current, new = request.said["current"] or "", request.said["new"]
    # The new one is right in a rerun: it is changed, and only not told yet.
    if kept is not None and not passwords.verify(current, kept) and not passwords.verify(new, kept):
        with session(durable=False) as opened:
            audit.record(opened, "password.refused", request.user_id, request.user_id, request.address)
        raise Forbidden(WRONG_PASSWORD)
    passwords.check(new, about, "new")
    fresh = passwords.hashed(new)
    with session() as opened:
        changed_meanwhile = users.lock(opened, request.user_id).password_hash != kept
        sessions.check_open(opened, request.user_id, request.session_id)
        if changed_meanwhile:
            raise Forbidden(WRONG_PASSWORD)
        users.change(opened, request.user_id, password_hash=fresh)
        ended = sessions.end_all(opened, request.user_id, but=request.session_id)
        audit.record(opened, "password.changed", request.user_id, request.user_id, request.address)
    revoke(Revoked(sessions=ended))
    return {}


def hash_new(request: Request) -> dict[str, Any]:
    """The hash of a password that a superuser sets for somebody; it stores nothing. Raises Invalid."""
    passwords.check(request.said["password"], request.said["about"])
    return {"hash": passwords.hashed(request.said["password"])}
