"""`/api/auth/me`: what users change in their own account."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ingress.accounts import addresses, auth_worker, profile
from ingress.accounts.changes import count_change
from ingress.accounts.requests import Code, NewEmail, NewPassword, NewPhone, Profile
from ingress.accounts.responses import User
from ingress.http.addresses import client_network
from ingress.http.described import answers
from ingress.identity.callers import BEARER, principal, user
from models.accounts import throttle
from models.accounts.verifications import EMAIL, PHONE
from models.errors import Invalid

api = APIBlueprint(
    "profile",
    __name__,
    url_prefix="/api/auth/me",
    abp_tags=[Tag(name="Accounts", description="Signing in and out, and your own account")],
    abp_security=BEARER,
)


@api.get("", operation_id="getMe", summary="Get your own account", responses={"200": User})
@user
def me() -> dict[str, Any]:
    """The user who is signed in, with roles."""
    return profile.me(principal())


@api.patch("", operation_id="updateMe", summary="Change your profile", responses={"200": User})
@api.put(
    "",
    operation_id="replaceMe",
    summary="Change your profile (use PATCH)",
    responses={"200": User},
    deprecated=True,
    endpoint="change_by_put",
)
@user
@answers(409, 429)
def change(body: Profile) -> dict[str, Any]:
    """Fields that are left out stay as they are; null empties one."""
    count_change(principal())
    return profile.change(principal(), **body.model_dump(exclude_unset=True))


@api.put(
    "/password",
    operation_id="changePassword",
    summary="Change your password",
    responses={"204": None},
)
@user
@answers(429)
def change_password(body: NewPassword) -> tuple[str, int]:
    """Signs every other device out. Five tries are free; after that each one waits longer."""
    if body.new == body.current:
        raise Invalid("new", "is the current password; choose a different one")
    # A right password does not reset the count: it costs as much CPU time as a wrong one.
    throttle.attempt(principal().id, client_network())
    auth_worker.perform("change_password", principal(), current=body.current, new=body.new)
    return "", 204


@api.put("/phone", operation_id="changePhone", summary="Set your phone number", responses={"200": User})
@user
@answers(409, 429)
def change_phone(body: NewPhone) -> dict[str, Any]:
    """Sends a code to the number. It is unverified until you confirm the code."""
    return addresses.send_code(principal(), PHONE, body.phone_number)


@api.put(
    "/email",
    operation_id="changeEmail",
    summary="Verify or change your e-mail address",
    responses={"200": User},
)
@user
@answers(409, 429)
def change_email(body: NewEmail) -> dict[str, Any]:
    """Sends a code to the address. It becomes yours once you confirm the code."""
    return addresses.send_code(principal(), EMAIL, body.email)


@api.post(
    "/phone/verify",
    operation_id="verifyPhone",
    summary="Confirm your phone number with a code",
    responses={"200": User},
)
@user
@answers(409, 429)
def verify_phone(body: Code) -> dict[str, Any]:
    """A code is valid once, for ten minutes and five tries."""
    count_change(principal())
    return addresses.verify(principal(), PHONE, body.code)


@api.post(
    "/email/verify",
    operation_id="verifyEmail",
    summary="Confirm your e-mail address with a code",
    responses={"200": User},
)
@user
@answers(409, 429)
def verify_email(body: Code) -> dict[str, Any]:
    """A code is valid once, for ten minutes and five tries."""
    count_change(principal())
    return addresses.verify(principal(), EMAIL, body.code)
