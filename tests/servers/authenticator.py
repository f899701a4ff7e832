"""A passkey authenticator in software: it makes and uses credentials as WebAuthn Level 3 (5.8, 6.1) has them.

What it says can be bent by keyword: origin, rp_id, flags, counter, handle, key, framed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

ES256, RS256, EDDSA = -7, -257, -8
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One device with one passkey at a time."""

    def __init__(self, origin: str, algorithm: int = ES256) -> None:
        self.origin = origin
        self.rp_id = origin.split("//")[1].split(":", maxsplit=1)[0]
        self.algorithm = algorithm
        self.counter = 0
        self.id = secrets.token_bytes(32)
        self.handle = ""
        self._key: Any = {
            ES256: lambda: ec.generate_private_key(ec.SECP256R1()),
            RS256: lambda: rsa.generate_private_key(65537, 2048),
            EDDSA: ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()

    def make(self, options: dict[str, Any], **bent: Any) -> dict[str, Any]:
        """The answer to PublicKeyCredentialCreationOptionsJSON."""
        self.handle = options["user"]["id"]
        data = self._data(bent, ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id
        data += cbor2.dumps(bent.get("key") or self._public())
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": bytes_to_base64url(self._client("webauthn.create", options, bent)),
            "attestationObject": bytes_to_base64url(attestation),
            "transports": ["internal"],
        }
        return self._credential(response)

    def use(self, options: dict[str, Any], **bent: Any) -> dict[str, Any]:
        """The answer to PublicKeyCredentialRequestOptionsJSON."""
        self.counter = bent.get("counter", self.counter + 1)
        data, client = self._data(bent), self._client("webauthn.get", options, bent)
        response = {
            "clientDataJSON": bytes_to_base64url(client),
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(self._signed(data + hashlib.sha256(client).digest())),
            "userHandle": bent.get("handle", self.handle),
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        known = bytes_to_base64url(self.id)
        return {"id": known, "rawId": known, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def _data(self, bent: dict[str, Any], more: int = 0) -> bytes:
        flags = bent.get("flags", PRESENT | VERIFIED) | more
        return (
            hashlib.sha256(bent.get("rp_id", self.rp_id).encode()).digest()
            + bytes([flags])
            + self.counter.to_bytes(4, "big")
        )

    def _client(self, kind: str, options: dict[str, Any], bent: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": bent.get("origin", self.origin)}
        return json.dumps(said | {"crossOrigin": bent.get("framed", False)}).encode()

    def _public(self) -> dict[int, Any]:
        """As COSE has it (RFC 9053)."""
        public = self._key.public_key()
        if self.algorithm == EDDSA:
            return {1: 1, 3: EDDSA, -1: 6, -2: public.public_bytes_raw()}
        numbers = public.public_numbers()
        if self.algorithm == RS256:
            return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
        return {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _signed(self, text: bytes) -> bytes:
        if self.algorithm == ES256:
            return bytes(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
        return bytes(self._key.sign(text, padding.PKCS1v15(), hashes.SHA256()))


def garbled(options: dict[str, Any]) -> dict[str, Any]:
    """Options whose challenge nobody gave."""
    return options | {"challenge": bytes_to_base64url(bytes(reversed(base64url_to_bytes(options["challenge"]))))}
