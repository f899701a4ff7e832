"""`/api/auth`: creating an account, signing in and out, and the devices where one is signed in."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_openapi3 import APIBlueprint, Tag

from ingress.accounts import sessions, sign_in
from ingress.accounts.requests import Login, Refresh, Registration, SessionPath
from ingress.accounts.responses import Sessions, SignedIn, Tokens
from ingress.http import bodies
from ingress.http.described import answers, takes
from ingress.identity.callers import BEARER, anyone, caller, principal, public, user
from models import documents
from models.accounts.api_keys import WRITE

api = APIBlueprint(
    "auth",
    __name__,
    url_prefix="/api/auth",
    abp_tags=[Tag(name="Accounts", description="Signing in and out, and your own account")],
)
OPTIONAL = [{}, *BEARER]


@api.post(
    "/register", operation_id="register", summary="Create an account", responses={"201": SignedIn}, security=OPTIONAL
)
@anyone(WRITE)
@answers(409, 429)
def register(body: Registration) -> tuple[dict[str, Any], int]:
    """Signs in at once. With a visitor's token, the visitor's conversation becomes the new user's."""
    return sign_in.register(caller(), body.model_dump(exclude_none=True)), 201


@api.post(
    "/login",
    operation_id="login",
    summary="Sign in with a password",
    responses={"200": SignedIn},
    security=OPTIONAL,
)
@anyone(WRITE)
@bodies.takes_form
@takes(Login)
@answers(409, 429)
def login() -> dict[str, Any]:
    """With `username` (which may be an e-mail address) or `email`, not both. The same fields may come as a form
    (`application/x-www-form-urlencoded`). May be sent with a visitor's token, as in registering."""
    fields = request.form.to_dict() if request.mimetype == bodies.FORM else documents.parse(bodies.raw() or b"{}")
    documents.check(fields)
    if request.mimetype == bodies.FORM:
        fields = {name: fields[name] for name in Login.model_fields if name in fields}  # without OAuth 2's other fields
    credentials = Login.model_validate(fields)
    return sign_in.login(caller(), credentials.name, credentials.password)


@api.post("/refresh", operation_id="refreshTokens", summary="Get new tokens", responses={"200": Tokens})
@public
@answers(401, 429, 503)
def refresh(body: Refresh) -> dict[str, Any]:
    """A refresh token is used once. The previous one returns the same tokens for 30 s; after that it ends the session."""
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


@api.get(
    "/sessions",
    operation_id="listSessions",
    summary="List the devices where you are signed in",
    responses={"200": Sessions},
    security=BEARER,
)
@user
def own_sessions() -> dict[str, Any]:
    """Your open sessions, the most recently used first."""
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
