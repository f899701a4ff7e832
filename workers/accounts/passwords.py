"""Passwords: registering, signing in and changing the password. Nothing is hashed inside a transaction."""

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
    fields = request.fields
    passwords.check(fields["password"], (fields.get(name) for name in ("email", "username", "full_name")))
    checked = _compare_with_holders(request, {_id_of(request)})
    password_hash = passwords.hashed(fields["password"])
    while (signed_in := _add_user(request, password_hash, checked)) is None:
        checked = _compare_with_holders(request, checked)
    return sign_in.announce(signed_in)


def _id_of(request: Request) -> str:
    return str(uuid.uuid5(_USERS, request.id))


def _compare_with_holders(request: Request, checked: set[str]) -> set[str]:
    """Raises Conflict when an account with this address has this password: its owner registers again, because the
    response was lost or the button was pressed twice.

    Returns the ids of all accounts checked so far; those in `checked` are skipped.
    """
    email, password = request.fields["email"], request.fields["password"]
    with reading() as db:
        users.check_free(db, _id_of(request), EMAIL, email)
        holders = {row.id: row.password_hash for row in addresses.holders(db, email)}
    unchecked = {user_id: stored for user_id, stored in holders.items() if user_id not in checked}
    if any(stored and passwords.verify(password, stored) for stored in unchecked.values()):
        raise Conflict(users.TAKEN)
    return checked | set(unchecked)


def _add_user(request: Request, password_hash: str, checked: set[str]) -> SignedIn | None:
    """The new account, signed in; None when the address has a holder that was not checked yet."""
    fields = request.fields
    with session() as db:
        addresses.lock_address(db, fields["email"])
        if any(row.id not in checked for row in addresses.holders(db, fields["email"])):
            return None
        names = {name: fields.get(name) for name in ("username", "full_name")}
        user = users.add(db, _id_of(request), fields["email"], password_hash=password_hash, **names)
        audit.record(db, "user.registered", user.id, user.id, request.address, by="password")
        return sign_in.begin(db, request, user, "password")


def login(request: Request) -> dict[str, Any]:
    """Signs in by e-mail address or username.

    Raises Unauthenticated, the same for an unknown name and a wrong password; Forbidden (disabled).
    """
    with reading() as db:
        rows = addresses.sign_in_candidates(db, request.fields["name"])
        candidates = [(row.id, row.password_hash) for row in rows]
    user_id, password_hash = _matching(request.fields["password"], candidates)
    is_match = user_id is not None
    with session(durable=is_match) as db:
        user = _find_locked(db, user_id)
        is_proven = user is not None and user.password_hash == password_hash
        if user is not None and is_proven and user.is_active:
            signed_in = sign_in.begin(db, request, user, "password")
        else:
            signed_in = None
            attacked: list[str | None] = [user_id] if is_match else [candidate_id for candidate_id, _ in candidates]
            for subject in attacked or [None]:
                audit.record(db, "session.refused", None, subject, request.address, by="password")
    if signed_in is not None:
        return sign_in.announce(signed_in)
    if is_proven:
        raise Forbidden(sign_in.DISABLED)  # only someone who knows the password learns this
    raise Unauthenticated(WRONG)


def _matching(password: str, candidates: list[tuple[str, str | None]]) -> tuple[str | None, str | None]:
    """The id and hash of the candidate with this password; (None, None) when there is none.

    Without any candidate it takes as long as with one.
    """
    with_password = [(user_id, stored) for user_id, stored in candidates if stored is not None]
    if not with_password:
        passwords.verify(password, None)
    matches = (candidate for candidate in with_password if passwords.verify(password, candidate[1]))
    return next(matches, (None, None))


def _find_locked(db: Session, user_id: str | None) -> User | None:
    """The user, locked, so that nobody disables or deletes them or sets another password before the session has begun."""
    return users.find_locked(db, user_id) if user_id else None


def change(request: Request) -> dict[str, Any]:
    """Sets a new password and signs out every other device.

    Raises Invalid, Forbidden (the current password is wrong), Unauthenticated (signed out meanwhile).
    """
    with reading() as db:
        user = users.get(db, request.user_id)
        stored, about = user.password_hash, (user.email, user.username, user.full_name)
    current, new = request.fields["current"] or "", request.fields["new"]
    # In a rerun the new password is already stored, and only the reply was lost.
    if stored is not None and not passwords.verify(current, stored) and not passwords.verify(new, stored):
        with session(durable=False) as db:
            audit.record(db, "password.refused", request.user_id, request.user_id, request.address)
        raise Forbidden(WRONG_PASSWORD)
    passwords.check(new, about, "new")
    _store(request, expected=stored, new=passwords.hashed(new))
    return {}


def _store(request: Request, expected: str | None, new: str) -> None:
    """Replaces the stored hash and ends the other sessions. Raises Forbidden when the hash changed meanwhile,
    Unauthenticated."""
    with session() as db:
        is_changed = users.lock(db, request.user_id).password_hash != expected
        sessions.check_open(db, request.user_id, request.session_id)
        if is_changed:
            raise Forbidden(WRONG_PASSWORD)
        users.change(db, request.user_id, password_hash=new)
        ended = sessions.end_all(db, request.user_id, but=request.session_id)
        audit.record(db, "password.changed", request.user_id, request.user_id, request.address)
    revoke(Revoked(sessions=ended))


def hash_new(request: Request) -> dict[str, Any]:
    """The hash of a password that a superuser sets for another user. Stores nothing. Raises Invalid."""
    passwords.check(request.fields["password"], request.fields["about"])
    return {"hash": passwords.hashed(request.fields["password"])}
