"""What an authenticator has made or signed, verified (WebAuthn Level 3, 7.1 and 7.2).

The library checks signatures, origin, relying party and user verification; frames and the kind of key are checked here.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_client_data_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.registration.verify_registration_response import VerifiedRegistration

from models.errors import Invalid
from models.settings import settings

ES256, RS256 = COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256
NOT_MADE = "is not a passkey that was just created for this page by a verified user"
# On odd input the library raises other errors than its own.
_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


def made(credential: dict[str, Any], challenge: str) -> VerifiedRegistration:
    """A new credential, for a challenge in base64. Raises Invalid."""
    try:
        _check_frame(credential)
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=base64.b64decode(challenge),
            expected_rp_id=settings().passkey_domain,
            expected_origin=settings().passkey_origin,
            require_user_verification=True,
            supported_pub_key_algs=[ES256, RS256],
        )
        _check_key(verified.credential_public_key)
    except _BROKEN:
        raise Invalid("credential", NOT_MADE) from None
    if bytes_to_base64url(verified.credential_id) != credential["id"]:  # which is not longer than we can keep
        raise Invalid("credential", NOT_MADE)
    return verified


def used(credential: dict[str, Any], challenge: str, public_key: bytes) -> VerifiedAuthentication | None:
    """An assertion by the holder of this key, for a challenge in base64; None when it is none."""
    try:
        _check_frame(credential)
        return verify_authentication_response(
            credential=credential,
            expected_challenge=base64.b64decode(challenge),
            expected_rp_id=settings().passkey_domain,
            expected_origin=settings().passkey_origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,  # the counter is compared where it is moved, in one statement
            require_user_verification=True,
        )
    except _BROKEN:
        return None


def _check_frame(credential: dict[str, Any]) -> None:
    """Raises ValueError for what was done in a frame on another's page, where clicks can be stolen."""
    if parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).cross_origin:
        raise ValueError("crossOrigin")


def _check_key(cose: bytes) -> None:
    """Raises ValueError for a key that cannot be what it says: nobody would ever come in with it."""
    said = decode_credential_public_key(cose)
    key = decoded_public_key_to_cryptography(said)
    p256 = isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
    rsa = isinstance(key, RSAPublicKey) and 2048 <= key.key_size <= 4096
    if not (p256 if said.alg == ES256 else rsa):
        raise ValueError("key")
