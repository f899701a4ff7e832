"""Who may call a route. Every route declares it with one of these decorators; a test finds routes that do not.

It is checked before anything else in the request, so that a stranger learns nothing from other errors.
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
    """Anyone may call the route."""
    return _declared("public")(view)


def signed(view: View) -> View:
    """The route itself verifies a signature over the raw body."""
    return _declared("signed")(view)


def anyone(scope: str) -> Callable[[View], View]:
    """Uses a bearer token if there is one, an API key only with the scope. Refuses an invalid one."""
    return _declared("anyone", lambda: check_scope(caller(), scope))


def bearer(scope: str) -> Callable[[View], View]:
    """Requires a bearer token: a visitor's, a user's, or an API key with the scope."""

    def check_bearer() -> None:
        _check_present()
        check_scope(caller(), scope)

    return _declared("bearer", check_bearer)


def user(view: View) -> View:
    """Requires the access token of a signed-in user."""
    return _declared("user", _check_user)(view)


def superuser(view: View) -> View:
    """Requires the access token of a superuser."""

    return _declared("superuser", _check_superuser)(view)


def principal() -> Principal:
    """The caller of a route that requires a token."""
    return cast(Principal, g.principal)


def caller() -> Principal | None:
    """The caller of a route declared `anyone`; None without a token."""
    return cast("Principal | None", g.principal)


def check() -> None:
    """Runs before every request. Raises Unauthenticated, Forbidden unless the caller may call the route.

    Flask answers OPTIONS, and a browser's preflight carries no token (Fetch, 4.8). A route without a declaration is an error
    for everyone.
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


def check_scope(caller_: Principal | None, scope: str) -> None:
    """Raises Forbidden for an API key that lacks the scope."""
    if caller_ is not None and not caller_.has(scope):
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
    """The current principal of a token. Raises Unauthenticated, DatabaseAway."""
    if api_keys.is_api_key(token):
        return api_keys.verify(token)
    principal_ = verify(token)
    revoked.check(principal_)
    return principal_
