"""Passkeys: adding one, creating an account with one, signing in with one. Nothing is verified inside a transaction.

This module checks owner, user handle and counter (WebAuthn Level 3, 7.2). The ingress has already used the challenge up.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlmodel import Session
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import bytes_to_base64url
from webauthn.registration.verify_registration_response import VerifiedRegistration

from models.accounts import audit, passkeys, sessions
from models.accounts.auth_requests import Request
from models.accounts.passkeys import REFUSED, Passkey
from models.errors import Forbidden, Unauthenticated
from models.people import users
from models.people.users import User
from models.store.database import reading, session
from workers.accounts import ceremonies, sign_in

_PASSKEYS = uuid.UUID("a1bb7a51-6b42-5ac5-9d27-0c85a5f0c7de")


def add(request: Request) -> dict[str, Any]:
    """A further passkey for the signed-in user.

    Raises Invalid, Conflict (an account has the credential), Unauthenticated (signed out meanwhile)."""
    verified = ceremonies.verify_registration(request.fields["credential"], request.fields["challenge"])
    with session() as db:
        user = users.lock(db, request.user_id)
        sessions.check_open(db, user.id, request.session_id)
        return passkeys.shown(_store(db, request, user, verified))


def register(request: Request) -> dict[str, Any]:
    """A new account without a password, signed in. Raises Invalid, Conflict (the address is taken)."""
    verified = ceremonies.verify_registration(request.fields["credential"], request.fields["challenge"])
    with session() as db:
        user = users.add(db, request.fields["user_id"], request.fields["email"])
        _store(db, request, user, verified)
        audit.record(db, "user.registered", user.id, user.id, request.address, by="passkey")
        signed_in = sign_in.begin(db, request, user, "passkey")
    return sign_in.announce(signed_in)


def _store(db: Session, request: Request, user: User, verified: VerifiedRegistration) -> Passkey:
    row = passkeys.add(
        db,
        str(uuid.uuid5(_PASSKEYS, request.id)),
        user.id,
        request.fields["name"],
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=request.fields["transports"],
        backed_up=verified.credential_backed_up,
    )
    audit.record(db, "passkey.added", user.id, user.id, request.address, passkey=row.id)
    return row


def login(request: Request) -> dict[str, Any]:
    """Signs in. Raises Unauthenticated, the same for every fault; Forbidden (disabled), but only to the passkey's holder."""
    with reading() as db:
        match = passkeys.find(db, request.fields["credential_id"])
    assertion = _verify(request, *match) if match else None
    with session() as db:
        user = _find_proven_user(db, request, match[0], assertion) if match and assertion else None
        if user is not None and user.is_active:
            signed_in = sign_in.begin(db, request, user, "passkey")
        else:
            signed_in = None
            owner = match[0].user_id if match else None
            audit.record(db, "session.refused", None, owner, request.address, by="passkey")
        disabled = user is not None and not user.is_active
    if signed_in is not None:
        return sign_in.announce(signed_in)
    if disabled:
        raise Forbidden(sign_in.DISABLED)
    raise Unauthenticated(REFUSED)


def _verify(request: Request, passkey: Passkey, owner: User) -> VerifiedAuthentication | None:
    """The assertion, if it is valid and belongs to the expected user."""
    fields = request.fields
    email, handle = fields["email"], fields["user_handle"]
    if (email and email != owner.email) or (not email and not handle) or (handle and handle != owner.id):
        return None
    return ceremonies.verify_sign_in(fields["credential"], fields["challenge"], passkey.public_key)


def _find_proven_user(
    db: Session, request: Request, passkey: Passkey, assertion: VerifiedAuthentication
) -> User | None:
    """The passkey's user, once the new counter is stored; None when the authenticator may be a copy.

    A rerun of the same request finds the counter stored by itself. For a disabled user the counter is not stored, since a
    rerun could not tell that from a copied authenticator.
    """
    counter, backed_up = assertion.new_sign_count, assertion.credential_backed_up
    # Locked, so that nobody disables or deletes the user before the session has begun.
    user = users.find_locked(db, passkey.user_id)
    if user is None or sessions.exists(db, request.id):
        return user
    if user.is_active:
        increased = passkeys.note_use(db, passkey.id, counter, backed_up=backed_up)
    else:
        increased = passkeys.is_next_count(passkey.sign_count, counter)
    if increased:
        return user
    if db.get(Passkey, passkey.id) is not None:  # otherwise it was deleted meanwhile
        audit.record(db, "passkey.cloned", None, passkey.user_id, request.address, passkey=passkey.id)
    return None
