"""`/api/auth/passkeys`: WebAuthn's two ceremonies, each with a beginning and an end (WebAuthn Level 3, 7)."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_openapi3 import APIBlueprint, Tag

from ingress.accounts import passkeys, sign_in
from ingress.accounts.changes import count_change
from ingress.accounts.requests import MadePasskey, PasskeyFor, PasskeyPath, UsedPasskey
from ingress.accounts.responses import CreationOptions, PasskeyMade, Passkeys, RequestOptions, SignedIn
from ingress.http.described import answers
from ingress.identity.callers import BEARER, anyone, caller, principal, user
from ingress.identity.counting import count_by_address, count_by_user
from ingress.identity.principal import USER, Principal
from models.accounts.api_keys import WRITE
from models.errors import Forbidden, Invalid

api = APIBlueprint(
    "passkeys",
    __name__,
    url_prefix="/api/auth/passkeys",
    abp_tags=[Tag(name="Passkeys", description="Signing in without a password")],
)
OPTIONAL = [{}, *BEARER]


def _adding_user() -> Principal | None:
    """The signed-in user who adds a passkey; None for a new account. Raises Forbidden for an API key."""
    principal_ = caller()
    if principal_ is None or principal_.kind != USER:
        return None
    if principal_.scopes is not None:
        raise Forbidden("An API key cannot add passkeys.")
    return principal_


@api.post(
    "/register/begin",
    operation_id="beginPasskeyRegistration",
    summary="Start creating a passkey",
    responses={"200": CreationOptions},
    security=OPTIONAL,
)
@anyone(WRITE)
@answers(409, 429)
def begin_register(body: PasskeyFor) -> dict[str, Any]:
    """PublicKeyCredentialCreationOptionsJSON: with a user's token, for that account; without one, `email` is required."""
    adding = _adding_user()
    if adding is not None:
        g.standings = count_by_user(adding)
        return passkeys.begin_adding(adding)
    g.standings = count_by_address()
    if body.email is None:
        raise Invalid("email", "is required for a new account")
    return passkeys.begin_registering(body.email)


@api.post(
    "/register/complete",
    operation_id="completePasskeyRegistration",
    summary="Store the new passkey",
    responses={"201": PasskeyMade},
    security=OPTIONAL,
)
@anyone(WRITE)
@answers(409, 429)
def complete_register(body: MadePasskey) -> tuple[dict[str, Any], int]:
    """With a user's token, returns the passkey; without one, the tokens of the new account."""
    adding = _adding_user()
    if adding is not None:
        g.standings = count_by_user(adding)
        count_change(adding)
        return passkeys.add(adding, body.credential, body.name), 201
    sign_in.count()
    return passkeys.register(caller(), body.credential, body.name), 201


@api.post(
    "/login/begin",
    operation_id="beginPasskeyLogin",
    summary="Start signing in with a passkey",
    responses={"200": RequestOptions},
)
@anyone(WRITE)
@answers(429)
def begin_login(body: PasskeyFor) -> dict[str, Any]:
    """PublicKeyCredentialRequestOptionsJSON, the same for known and unknown addresses."""
    g.standings = count_by_address()
    return passkeys.begin_login(body.email or "")


@api.post(
    "/login/complete",
    operation_id="completePasskeyLogin",
    summary="Sign in with a passkey",
    responses={"200": SignedIn},
    security=OPTIONAL,
)
@anyone(WRITE)
@answers(409, 429)
def complete_login(body: UsedPasskey) -> dict[str, Any]:
    """May be sent with a visitor's token, as in login."""
    sign_in.count_passkey()
    return passkeys.login(caller(), body.credential)


@api.get("", operation_id="listPasskeys", summary="List your passkeys", responses={"200": Passkeys}, security=BEARER)
@user
def own() -> dict[str, Any]:
    """The oldest first."""
    return {"items": passkeys.own(principal()), "next": None}


@api.delete(
    "/<passkey_id>", operation_id="deletePasskey", summary="Delete a passkey", responses={"204": None}, security=BEARER
)
@user
@answers(404, 409, 429)
def remove(path: PasskeyPath) -> tuple[str, int]:
    """409 for the last way to sign in to the account."""
    count_change(principal())
    passkeys.remove(principal(), path.passkey_id)
    return "", 204
