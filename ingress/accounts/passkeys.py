"""Passkeys, on the ingress' side: options for the browser, challenges that are good once, and the auth worker's verdict.

Every passkey is discoverable, so a sign-in needs no list of credentials: what is answered is the same for known and
unknown addresses. User verification is required everywhere: a passkey alone opens the account.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from typing import Any

from webauthn import generate_authentication_options, generate_registration_options, options_to_json
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ingress.accounts import auth_worker
from ingress.accounts.requests import Credential
from ingress.accounts.sign_in import answer
from ingress.http.addresses import client_address
from ingress.identity.principal import Principal
from models.accounts import audit, challenges, passkeys
from models.accounts.challenges import ADD, LOGIN, REGISTER, Challenge
from models.accounts.passkeys import REFUSED, Passkey
from models.errors import Invalid, Unauthenticated
from models.people import users
from models.settings import settings
from models.store.database import reading, session

MINUTES = 5 * 60_000  # milliseconds
ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256]
TOO_LATE = "was not requested from this page in the last five minutes; try again"
_TRANSPORTS = {one.value for one in AuthenticatorTransport}


def begin_adding(principal: Principal) -> dict[str, Any]:
    """Options for one more passkey of the caller's."""

    def read() -> tuple[str, list[PublicKeyCredentialDescriptor]]:
        with reading() as db:
            own = [_descriptor(row) for row in passkeys.of_user(db, principal.id)]
            user = users.get(db, principal.id)
            return user.email or user.username or "your account", own

    shown_as, known = read()
    return _creation(Challenge(ADD, principal.id, shown_as), known)


def _descriptor(row: Passkey) -> PublicKeyCredentialDescriptor:
    ways = [AuthenticatorTransport(one) for one in row.transports if one in _TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id), transports=ways)


def begin_registering(email: str) -> dict[str, Any]:
    """Options for a new account's first passkey. Whether the address is taken is told at the end."""
    return _creation(Challenge(REGISTER, str(uuid.uuid4()), email), [])


def _creation(challenge: Challenge, known: list[PublicKeyCredentialDescriptor]) -> dict[str, Any]:
    options = generate_registration_options(
        rp_id=settings().passkey_domain,
        rp_name=settings().webauthn_rp_name,
        user_name=challenge.email,
        user_id=uuid.UUID(challenge.user_id).bytes,
        challenge=challenges.begin(challenge),
        timeout=MINUTES,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=known,
        supported_pub_key_algs=ALGORITHMS,
    )
    return dict(json.loads(options_to_json(options)))


def begin_login(email: str) -> dict[str, Any]:
    """Options for signing in; with an e-mail address only as that user."""
    options = generate_authentication_options(
        rp_id=settings().passkey_domain,
        challenge=challenges.begin(Challenge(LOGIN, email=email)),
        timeout=MINUTES,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def add(principal: Principal, credential: Credential, name: str) -> dict[str, Any]:
    """The caller's new passkey. Raises Invalid, Conflict, Unavailable."""
    made, challenge = _taken(credential, ADD)
    if challenge is None or challenge.user_id != principal.id:
        raise Invalid("credential", TOO_LATE)
    said = {"credential": credential.model_dump(), "challenge": made, "name": name}
    return auth_worker.perform("add_passkey", principal, **said, transports=credential.transports)


def register(visitor: Principal | None, credential: Credential, name: str) -> dict[str, Any]:
    """A new account, signed in. Raises Invalid, Conflict (taken), Unavailable."""
    made, challenge = _taken(credential, REGISTER)
    if challenge is None:
        raise Invalid("credential", TOO_LATE)
    said = {"credential": credential.model_dump(), "challenge": made, "name": name}
    said |= {"transports": credential.transports, "user_id": challenge.user_id, "email": challenge.email}
    return answer(auth_worker.perform("register_passkey", visitor, **said))


def login(visitor: Principal | None, credential: Credential) -> dict[str, Any]:
    """Raises Unauthenticated, Forbidden (disabled), Unavailable."""
    made, challenge = _taken(credential, LOGIN)
    if challenge is None:
        raise Unauthenticated(REFUSED)
    said = {"credential": credential.model_dump(), "challenge": made, "email": challenge.email}
    said |= {"credential_id": _plain(credential.id), "user_handle": _user_of(credential)}
    return answer(auth_worker.perform("login_passkey", visitor, **said))


def _taken(credential: Credential, purpose: str) -> tuple[str, Challenge | None]:
    """The challenge that the browser has signed, in base64, and what it was made for: used up by this call."""
    try:
        made = base64url_to_bytes(json.loads(base64url_to_bytes(credential.response["clientDataJSON"]))["challenge"])
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, RecursionError):
        raise Invalid("credential", "must contain a clientDataJSON with a challenge") from None
    challenge = challenges.take(made)
    if challenge is not None and challenge.purpose != purpose:
        challenge = None
    return base64.b64encode(made).decode(), challenge


def _plain(credential_id: str) -> str:
    """As we keep it: base64url without padding."""
    try:
        return bytes_to_base64url(base64url_to_bytes(credential_id))
    except (ValueError, binascii.Error):
        return ""


def _user_of(credential: Credential) -> str:
    """The user that the authenticator names, which is a UUID's bytes; anything else is nobody."""
    handle = credential.response.get("userHandle")
    if handle is None:
        return ""
    try:
        return str(uuid.UUID(bytes=base64url_to_bytes(handle)))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        return "nobody"


def own(principal: Principal) -> list[dict[str, Any]]:
    """The caller's passkeys."""
    with reading() as db:
        return [passkeys.shown(row) for row in passkeys.of_user(db, principal.id)]


def remove(principal: Principal, passkey_id: str) -> None:
    """Deletes one of the caller's. Raises NotFound, Conflict (the last way in)."""
    with session() as db:
        passkeys.remove(db, principal.id, passkey_id)
        audit.record(db, "passkey.removed", principal.id, principal.id, client_address(), passkey=passkey_id)
