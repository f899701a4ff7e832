"""Verification of what an authenticator has created or signed (WebAuthn Level 3, 7.1 and 7.2).

The library checks signatures, origin, relying party and user verification. This module also checks frames and key types.
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
NOT_CREATED = "is not a passkey that was just created for this page by a verified user"
# With malformed input the library raises these errors beside its own.
_BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


def verify_registration(credential: dict[str, Any], challenge: str) -> VerifiedRegistration:
    """The new credential. `challenge` is in base64. Raises Invalid."""
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
        raise Invalid("credential", NOT_CREATED) from None
    if bytes_to_base64url(verified.credential_id) != credential["id"]:  # an id of that length fits our column
        raise Invalid("credential", NOT_CREATED)
    return verified


def verify_sign_in(credential: dict[str, Any], challenge: str, public_key: bytes) -> VerifiedAuthentication | None:
    """The assertion, if this key signed it; otherwise None. `challenge` is in base64."""
    try:
        _check_frame(credential)
        return verify_authentication_response(
            credential=credential,
            expected_challenge=base64.b64decode(challenge),
            expected_rp_id=settings().passkey_domain,
            expected_origin=settings().passkey_origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,  # the counter is compared and stored in one statement, later
            require_user_verification=True,
        )
    except _BROKEN:
        return None


def _check_frame(credential: dict[str, Any]) -> None:
    """Raises ValueError for a ceremony inside a frame on another site's page, where clicks can be hijacked."""
    if parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"])).cross_origin:
        raise ValueError("crossOrigin")


def _check_key(cose: bytes) -> None:
    """Raises ValueError for a key whose type contradicts its algorithm: it could never sign in."""
    decoded = decode_credential_public_key(cose)
    key = decoded_public_key_to_cryptography(decoded)
    p256 = isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
    rsa = isinstance(key, RSAPublicKey) and 2048 <= key.key_size <= 4096
    if not (p256 if decoded.alg == ES256 else rsa):
        raise ValueError("key")
