"""Who may call a route. Every route says so with one of these; a test finds the one that does not.

It is checked before anything else of the request is looked at, so that a stranger learns nothing from its faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import current_app, g, request

from ingress.identity import api_keys, revoked
from ingress.identity.principal import USER, Principal
from ingress.identity.tokens import verify
from models.accounts.superusers import NO_SUPERUSER
from models.errors import Forbidden, Unauthenticated

View = TypeVar("View", bound=Callable[..., Any])
Check = Callable[[], None]
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]
MISSING = "Send the token as Authorization: Bearer …"


def public(view: View) -> View:
    """Anybody may call it."""
    return _declared("public")(view)


def signed(view: View) -> View:
    """The route itself verifies a signature over the raw body."""
    return _declared("signed")(view)


def anyone(scope: str) -> Callable[[View], View]:
    """A bearer token is used when there is one, an API key if it has the scope; a bad one is refused."""
    return _declared("anyone", lambda: check_scope(caller(), scope))


def bearer(scope: str) -> Callable[[View], View]:
    """A bearer token is required: a visitor's, a user's, or an API key with the scope."""

    def check_bearer() -> None:
        _check_present()
        check_scope(caller(), scope)

    return _declared("bearer", check_bearer)


def user(view: View) -> View:
    """The access token of a user who is signed in is required."""
    return _declared("user", _check_user)(view)


def superuser(view: View) -> View:
    """The access token of a superuser is required."""

    return _declared("superuser", _check_superuser)(view)


def principal() -> Principal:
    """The one who calls a route that requires a token."""
    return cast(Principal, g.principal)


def caller() -> Principal | None:
    """The one who calls a route declared `anyone`, if they said who they are."""
    return cast("Principal | None", g.principal)


def check() -> None:
    """Before every request: is this caller one who may call the route? Raises Unauthenticated, Forbidden.

    OPTIONS is Flask's own answer, and a browser's preflight carries no token (Fetch, 4.8). A route that does not say
    who may call it is an error for everybody.
    """
    if request.method == "OPTIONS" or request.url_rule is None:
        return
    view: Any = current_app.view_functions[request.url_rule.endpoint]
    if view.check_auth is not None:
        g.principal = _bearer()
        view.check_auth()


def _declared(name: str, check_route: Check | None = None) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.auth = name  # type: ignore[attr-defined]  # read by the architecture test
        view.check_auth = check_route  # type: ignore[attr-defined]  # read by `check`
        return view

    return decorate


def _check_present() -> None:
    if g.principal is None:
        raise Unauthenticated(MISSING)


def check_scope(known: Principal | None, scope: str) -> None:
    """Raises Forbidden for an API key that lacks the scope."""
    if known is not None and not known.has(scope):
        raise Forbidden(f"This API key lacks the scope {scope}.")


def _check_user() -> None:
    _check_present()
    if principal().kind != USER or principal().scopes is not None:
        raise Forbidden("Only a user who is signed in may do this.")


def _check_superuser() -> None:
    _check_user()
    if not principal().is_superuser:
        raise Forbidden(NO_SUPERUSER)


def _bearer() -> Principal | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer":
        raise Unauthenticated(MISSING)
    return authenticated(token.strip())


def authenticated(token: str) -> Principal:
    """Whose token it is, now. Raises Unauthenticated, DatabaseAway."""
    if api_keys.is_one(token):
        return api_keys.verify(token)
    known = verify(token)
    revoked.check(known)
    return known
