"""Passkeys in the ingress: options for the browser, single-use challenges, and requests to the auth worker.

Every passkey is discoverable, so a sign-in needs no list of credentials, and the response is the same for known and
unknown addresses. User verification is always required: a passkey alone opens the account.
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
from ingress.accounts.sign_in import response
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
_TRANSPORTS = {transport.value for transport in AuthenticatorTransport}


def begin_adding(principal: Principal) -> dict[str, Any]:
    """Options for a further passkey of the caller."""
    with reading() as db:
        existing = [_descriptor(row) for row in passkeys.of_user(db, principal.id)]
        user = users.get(db, principal.id)
        name = user.email or user.username or "your account"
    return _creation(Challenge(ADD, principal.id, name), existing)


def _descriptor(row: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(value) for value in row.transports if value in _TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id), transports=transports)


def begin_registering(email: str) -> dict[str, Any]:
    """Options for the first passkey of a new account. Only the end of the ceremony reveals whether the address is taken."""
    return _creation(Challenge(REGISTER, str(uuid.uuid4()), email), [])


def _creation(challenge: Challenge, existing: list[PublicKeyCredentialDescriptor]) -> dict[str, Any]:
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
        exclude_credentials=existing,
        supported_pub_key_algs=ALGORITHMS,
    )
    return dict(json.loads(options_to_json(options)))


def begin_login(email: str) -> dict[str, Any]:
    """Options for signing in; with an e-mail address, only as that user."""
    options = generate_authentication_options(
        rp_id=settings().passkey_domain,
        challenge=challenges.begin(Challenge(LOGIN, email=email)),
        timeout=MINUTES,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def add(principal: Principal, credential: Credential, name: str) -> dict[str, Any]:
    """The caller's new passkey. Raises Invalid, Conflict, Unavailable."""
    challenge_text, challenge = _take_challenge(credential, ADD)
    if challenge is None or challenge.user_id != principal.id:
        raise Invalid("credential", TOO_LATE)
    fields = {"credential": credential.model_dump(), "challenge": challenge_text, "name": name}
    return auth_worker.perform("add_passkey", principal, **fields, transports=credential.transports)


def register(visitor: Principal | None, credential: Credential, name: str) -> dict[str, Any]:
    """A new account, signed in. Raises Invalid, Conflict (taken), Unavailable."""
    challenge_text, challenge = _take_challenge(credential, REGISTER)
    if challenge is None:
        raise Invalid("credential", TOO_LATE)
    fields = {"credential": credential.model_dump(), "challenge": challenge_text, "name": name}
    fields |= {"transports": credential.transports, "user_id": challenge.user_id, "email": challenge.email}
    return response(auth_worker.perform("register_passkey", visitor, **fields))


def login(visitor: Principal | None, credential: Credential) -> dict[str, Any]:
    """Signs in. Raises Unauthenticated, Forbidden (disabled), Unavailable."""
    challenge_text, challenge = _take_challenge(credential, LOGIN)
    if challenge is None:
        raise Unauthenticated(REFUSED)
    fields = {"credential": credential.model_dump(), "challenge": challenge_text, "email": challenge.email}
    fields |= {"credential_id": _unpadded(credential.id), "user_handle": _user_of(credential)}
    return response(auth_worker.perform("login_passkey", visitor, **fields))


def _take_challenge(credential: Credential, purpose: str) -> tuple[str, Challenge | None]:
    """The challenge that the browser has signed, in base64, and what it was issued for. This call uses it up."""
    try:
        challenge_bytes = base64url_to_bytes(
            json.loads(base64url_to_bytes(credential.response["clientDataJSON"]))["challenge"]
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, RecursionError):
        raise Invalid("credential", "must contain a clientDataJSON with a challenge") from None
    challenge = challenges.take(challenge_bytes)
    if challenge is not None and challenge.purpose != purpose:
        challenge = None
    return base64.b64encode(challenge_bytes).decode(), challenge


def _unpadded(credential_id: str) -> str:
    """The id as we store it: base64url without padding."""
    try:
        return bytes_to_base64url(base64url_to_bytes(credential_id))
    except (ValueError, binascii.Error):
        return ""


def _user_of(credential: Credential) -> str:
    """The id of the user that the authenticator names, which is a UUID's bytes; anything else means nobody."""
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
    """Deletes a passkey of the caller. Raises NotFound, Conflict (the last way to sign in)."""
    with session() as db:
        passkeys.remove(db, principal.id, passkey_id)
        audit.record(db, "passkey.removed", principal.id, principal.id, client_address(), passkey=passkey_id)
