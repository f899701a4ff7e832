"""Passwords: registering with one, signing in with one, changing it. Nothing is hashed inside a transaction."""

from __future__ import annotations

import uuid
from typing import Any

from sqlmodel import Session

from channels.relay.revocations import revoke
from models.accounts import addresses, audit, passwords, sessions
from models.accounts.auth_requests import Request
from models.accounts.revocations import Revoked
from models.errors import Conflict, Forbidden, Unauthenticated
from models.people import users
from models.people.users import EMAIL, User
from models.store.database import reading, session
from workers.accounts import sign_in
from workers.accounts.sign_in import SignedIn

WRONG = "The name or the password is wrong."
WRONG_PASSWORD = "The current password is wrong."  # noqa: S105 - a message
_USERS = uuid.UUID("0e8f6f2c-93a1-5f0e-8a57-7c1d94c6a1b3")


def register(request: Request) -> dict[str, Any]:
    """A new user with a password, signed in. Raises Invalid (the password), Conflict (taken)."""
    passwords.check(request.said["password"], (request.said.get(name) for name in ("email", "username", "full_name")))
    seen = _check_not_theirs(request, {_id_of(request)})
    kept = passwords.hashed(request.said["password"])
    while (signed := _registered(request, kept, seen)) is None:
        seen = _check_not_theirs(request, seen)
    return sign_in.told(signed)


def _id_of(request: Request) -> str:
    return str(uuid.uuid5(_USERS, request.id))


def _check_not_theirs(request: Request, seen: set[str]) -> set[str]:
    """Who registers once more, since the answer was lost or the button pressed twice, has an account already: the one
    with this address and this password. Returns the ids of all that have been looked at. Raises Conflict."""
    with reading() as db:
        users.check_free(db, _id_of(request), EMAIL, request.said["email"])
        others = {row.id: row.password_hash for row in addresses.holders(db, request.said["email"])}
    fresh = {user_id: kept for user_id, kept in others.items() if user_id not in seen}
    if any(kept and passwords.verify(request.said["password"], kept) for kept in fresh.values()):
        raise Conflict(users.TAKEN)
    return seen | set(fresh)


def _registered(request: Request, kept: str, seen: set[str]) -> SignedIn | None:
    """The new account, signed in; None when the address has got a holder who was not looked at."""
    said = request.said
    with session() as db:
        addresses.queue_up(db, said["email"])
        if any(row.id not in seen for row in addresses.holders(db, said["email"])):
            return None
        names = {name: said.get(name) for name in ("username", "full_name")}
        user = users.add(db, _id_of(request), said["email"], password_hash=kept, **names)
        audit.record(db, "user.registered", user.id, user.id, request.address, by="password")
        return sign_in.begin(db, request, user, "password")


def login(request: Request) -> dict[str, Any]:
    """Signs in by e-mail address or username. Raises Unauthenticated, alike for whoever is unknown; Forbidden."""
    with reading() as db:
        named = addresses.named(db, request.said["name"])
        candidates = [(row.id, row.password_hash) for row in named]
    user_id, kept = _matching(request.said["password"], candidates)
    right = user_id is not None
    with session(durable=right) as db:
        user = _locked(db, user_id) if right else None
        proven = user is not None and user.password_hash == kept
        if user is not None and proven and user.is_active:
            signed = sign_in.begin(db, request, user, "password")
        else:
            signed = None
            tried: list[str | None] = [user_id] if right else [row_id for row_id, _ in candidates]
            for refused in tried or [None]:
                audit.record(db, "session.refused", None, refused, request.address, by="password")
    if signed is not None:
        return sign_in.told(signed)
    if proven:
        raise Forbidden(sign_in.DISABLED)  # told only to who has the password
    raise Unauthenticated(WRONG)


def _matching(password: str, candidates: list[tuple[str, str | None]]) -> tuple[str | None, str | None]:
    """Of the accounts that the name may be of, the one with this password, and its hash. It takes as long when there is
    none as with one."""
    tried = [candidate for candidate in candidates if candidate[1] is not None]
    if not tried:
        passwords.verify(password, None)
    return next((one for one in tried if passwords.verify(password, one[1])), (None, None))


def _locked(db: Session, user_id: str | None) -> User | None:
    """The user, whom nobody disables, deletes or gives another password before the session has begun."""
    return users.locked(db, user_id) if user_id else None


def change(request: Request) -> dict[str, Any]:
    """A new password; every other device is signed out.

    Raises Invalid, Forbidden (the current one is wrong), Unauthenticated (signed out meanwhile)."""
    with reading() as db:
        user = users.get(db, request.user_id)
        kept, about = user.password_hash, (user.email, user.username, user.full_name)
    current, new = request.said["current"] or "", request.said["new"]
    # The new one is right in a rerun: it is changed, and only not told yet.
    if kept is not None and not passwords.verify(current, kept) and not passwords.verify(new, kept):
        with session(durable=False) as db:
            audit.record(db, "password.refused", request.user_id, request.user_id, request.address)
        raise Forbidden(WRONG_PASSWORD)
    passwords.check(new, about, "new")
    fresh = passwords.hashed(new)
    with session() as db:
        changed_meanwhile = users.lock(db, request.user_id).password_hash != kept
        sessions.check_open(db, request.user_id, request.session_id)
        if changed_meanwhile:
            raise Forbidden(WRONG_PASSWORD)
        users.change(db, request.user_id, password_hash=fresh)
        ended = sessions.end_all(db, request.user_id, but=request.session_id)
        audit.record(db, "password.changed", request.user_id, request.user_id, request.address)
    revoke(Revoked(sessions=ended))
    return {}


def hash_new(request: Request) -> dict[str, Any]:
    """The hash of a password that a superuser sets for somebody; it stores nothing. Raises Invalid."""
    passwords.check(request.said["password"], request.said["about"])
    return {"hash": passwords.hashed(request.said["password"])}
