"""Passkeys: adding one, making an account with one, signing in with one. Nothing is verified inside a transaction.

Owner, user handle and counter are checked here (WebAuthn Level 3, 7.2); the challenge was taken by the ingress.
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
    """One more passkey for the user who is signed in.

    Raises Invalid, Conflict (an account has it), Unauthenticated (signed out meanwhile)."""
    verified = ceremonies.made(request.said["credential"], request.said["challenge"])
    with session() as db:
        user = users.lock(db, request.user_id)
        sessions.check_open(db, user.id, request.session_id)
        return passkeys.shown(_keep(db, request, user, verified))


def register(request: Request) -> dict[str, Any]:
    """A new account without a password, signed in. Raises Invalid, Conflict (taken)."""
    verified = ceremonies.made(request.said["credential"], request.said["challenge"])
    with session() as db:
        user = users.add(db, request.said["user_id"], request.said["email"])
        _keep(db, request, user, verified)
        audit.record(db, "user.registered", user.id, user.id, request.address, by="passkey")
        signed = sign_in.begin(db, request, user, "passkey")
    return sign_in.told(signed)


def _keep(db: Session, request: Request, user: User, verified: VerifiedRegistration) -> Passkey:
    row = passkeys.add(
        db,
        str(uuid.uuid5(_PASSKEYS, request.id)),
        user.id,
        request.said["name"],
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=request.said["transports"],
        backed_up=verified.credential_backed_up,
    )
    audit.record(db, "passkey.added", user.id, user.id, request.address, passkey=row.id)
    return row


def login(request: Request) -> dict[str, Any]:
    """Signs in. Raises Unauthenticated, alike for every fault; Forbidden (disabled), told only to who has the passkey."""
    with reading() as db:
        found = passkeys.find(db, request.said["credential_id"])
    asserted = _asserted(request, *found) if found else None
    with session() as db:
        user = _proven(db, request, found[0], asserted) if found and asserted else None
        if user is not None and user.is_active:
            signed = sign_in.begin(db, request, user, "passkey")
        else:
            signed = None
            owner = found[0].user_id if found else None
            audit.record(db, "session.refused", None, owner, request.address, by="passkey")
        disabled = user is not None and not user.is_active
    if signed is not None:
        return sign_in.told(signed)
    if disabled:
        raise Forbidden(sign_in.DISABLED)
    raise Unauthenticated(REFUSED)


def _asserted(request: Request, passkey: Passkey, owner: User) -> VerifiedAuthentication | None:
    """The assertion, when it is right and of whom it must be."""
    said = request.said
    named, handle = said["email"], said["user_handle"]
    if (named and named != owner.email) or (not named and not handle) or (handle and handle != owner.id):
        return None
    return ceremonies.used(said["credential"], said["challenge"], passkey.public_key)


def _proven(db: Session, request: Request, passkey: Passkey, asserted: VerifiedAuthentication) -> User | None:
    """The passkey's user, once its counter has moved; a rerun of the same request finds it moved by itself.

    It does not move for a user who may not come in, for a rerun could not tell that from a copied authenticator.
    """
    counter, backed_up = asserted.new_sign_count, asserted.credential_backed_up
    user = users.locked(db, passkey.user_id)  # nobody disables or deletes them before the session has begun
    if user is None or sessions.exists(db, request.id):
        return user
    if user.is_active:
        grown = passkeys.note_use(db, passkey.id, counter, backed_up=backed_up)
    else:
        grown = passkeys.grows(passkey.sign_count, counter)
    if grown:
        return user
    if db.get(Passkey, passkey.id) is not None:  # else it was deleted just now
        audit.record(db, "passkey.cloned", None, passkey.user_id, request.address, passkey=passkey.id)
    return None
