"""`/api/auth`: into an account and out of it, and what a user does with their own."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_openapi3 import APIBlueprint, Tag

from ingress.accounts import addresses, auth_worker, profile, sessions, sign_in
from ingress.accounts.changes import count_change
from ingress.accounts.requests import (
    Code,
    Login,
    NewEmail,
    NewPassword,
    NewPhone,
    Profile,
    Refresh,
    Registration,
    SessionPath,
)
from ingress.accounts.responses import Sessions, SignedIn, Tokens, User
from ingress.http import bodies
from ingress.http.addresses import client_network
from ingress.http.described import answers
from ingress.identity.callers import BEARER, anyone, caller, principal, public, user
from models import documents
from models.accounts import throttle
from models.accounts.api_keys import WRITE
from models.accounts.verifications import EMAIL, PHONE
from models.errors import Invalid

api = APIBlueprint(
    "auth",
    __name__,
    url_prefix="/api/auth",
    abp_tags=[Tag(name="Accounts", description="Signing in and out, and your own account")],
)
OPTIONAL = [{}, *BEARER]
# The library reads a body as JSON or as a form, never as either, so the document is told here what the route takes.
LOGIN_BODY = {
    "required": True,
    "content": {kind: {"schema": {"$ref": "#/components/schemas/Login"}} for kind in ("application/json", bodies.FORM)},
}


@api.post(
    "/register", operation_id="register", summary="Create an account", responses={"201": SignedIn}, security=OPTIONAL
)
@anyone(WRITE)
@answers(409, 429)
def register(body: Registration) -> tuple[dict[str, Any], int]:
    """Signed in at once. A visitor's token that comes along makes the visitor's conversation the user's."""
    return sign_in.register(caller(), body.model_dump(exclude_none=True)), 201


@api.post(
    "/login",
    operation_id="login",
    summary="Sign in with a password",
    responses={"200": SignedIn},
    security=OPTIONAL,
    openapi_extensions={"requestBody": LOGIN_BODY},
)
@anyone(WRITE)
@bodies.takes_form
@answers(409, 429)
def login() -> dict[str, Any]:
    """JSON or a form with `username` (or `email`) and `password`. A visitor's token may come along, as at register."""
    said = request.form.to_dict() if request.mimetype == bodies.FORM else documents.parse(bodies.raw() or b"{}")
    documents.check(said)
    if request.mimetype == bodies.FORM:
        said = {name: said[name] for name in Login.model_fields if name in said}  # OAuth 2's own fields are left out
    who = Login.model_validate(said)
    return sign_in.login(caller(), who.name, who.password)


@api.post("/refresh", operation_id="refreshTokens", summary="Get new tokens", responses={"200": Tokens})
@public
@answers(401, 429, 503)
def refresh(body: Refresh) -> dict[str, Any]:
    """Each refresh token is used once; the one before gets the same answer for 30 s, and later ends the session."""
    return sessions.refresh(body.refresh_token)


@api.post("/logout", operation_id="logout", summary="Sign out on this device", responses={"204": None}, security=BEARER)
@user
def logout() -> tuple[str, int]:
    """Effective at once, on open sockets too."""
    sessions.log_out(principal(), principal().session_id)
    return "", 204


@api.post(
    "/logout-all",
    operation_id="logoutEverywhere",
    summary="Sign out on all devices",
    responses={"204": None},
    security=BEARER,
)
@user
def logout_all() -> tuple[str, int]:
    """Effective at once, on open sockets too."""
    sessions.log_out_everywhere(principal())
    return "", 204


@api.get("/me", operation_id="getMe", summary="Get your own account", responses={"200": User}, security=BEARER)
@user
def me() -> dict[str, Any]:
    """The user who is signed in."""
    return profile.me(principal())


@api.patch("/me", operation_id="updateMe", summary="Change your profile", responses={"200": User}, security=BEARER)
@api.put(
    "/me",
    operation_id="replaceMe",
    summary="Change your profile (use PATCH)",
    responses={"200": User},
    security=BEARER,
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
    "/me/password",
    operation_id="changePassword",
    summary="Change your password",
    responses={"204": None},
    security=BEARER,
)
@user
@answers(429)
def change_password(body: NewPassword) -> tuple[str, int]:
    """Signs every other device out. Five changes are free, then each next one waits longer."""
    if body.new == body.current:
        raise Invalid("new", "is the current password; choose a different one")
    throttle.attempt(principal().id, client_network())  # a right one is not forgotten: it costs as much as a wrong one
    auth_worker.perform("change_password", principal(), current=body.current, new=body.new)
    return "", 204


@api.put(
    "/me/phone", operation_id="changePhone", summary="Set your phone number", responses={"200": User}, security=BEARER
)
@user
@answers(409, 429)
def change_phone(body: NewPhone) -> dict[str, Any]:
    """Sends a code to it. Until the code is repeated the number is nobody's."""
    return addresses.ask_for_code(principal(), PHONE, body.phone_number)


@api.put(
    "/me/email",
    operation_id="changeEmail",
    summary="Verify or change your e-mail address",
    responses={"200": User},
    security=BEARER,
)
@user
@answers(409, 429)
def change_email(body: NewEmail) -> dict[str, Any]:
    """Sends a code to the address, which becomes the account's once the code is repeated."""
    return addresses.ask_for_code(principal(), EMAIL, body.email)


@api.post(
    "/me/phone/verify",
    operation_id="verifyPhone",
    summary="Confirm your phone number with a code",
    responses={"200": User},
    security=BEARER,
)
@user
@answers(409, 429)
def verify_phone(body: Code) -> dict[str, Any]:
    """A code is good once, for ten minutes and five tries."""
    count_change(principal())
    return addresses.verify(principal(), PHONE, body.code)


@api.post(
    "/me/email/verify",
    operation_id="verifyEmail",
    summary="Confirm your e-mail address with a code",
    responses={"200": User},
    security=BEARER,
)
@user
@answers(409, 429)
def verify_email(body: Code) -> dict[str, Any]:
    """A code is good once, for ten minutes and five tries."""
    count_change(principal())
    return addresses.verify(principal(), EMAIL, body.code)


@api.get(
    "/sessions",
    operation_id="listSessions",
    summary="List the devices where you are signed in",
    responses={"200": Sessions},
    security=BEARER,
)
@user
def own_sessions() -> dict[str, Any]:
    """Where I am signed in, the device seen last first."""
    return {"items": sessions.own_sessions(principal()), "next": None}


@api.delete(
    "/sessions/<session_id>",
    operation_id="deleteSession",
    summary="Sign a device out",
    responses={"204": None},
    security=BEARER,
)
@user
@answers(404)
def end_session(path: SessionPath) -> tuple[str, int]:
    """Effective at once, on open sockets too."""
    sessions.log_out(principal(), path.session_id)
    return "", 204
