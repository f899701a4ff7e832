"""Who may call a route. Every route says so with one of these; a test finds the one that does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, request

from ingress.tokens import Principal, verify
from models.errors import Unauthenticated

View = TypeVar("View", bound=Callable[..., Any])
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]


def public(view: View) -> View:
    """Anybody may call it."""
    return _declared(view, "public")


def signed(view: View) -> View:
    """The route itself verifies a signature over the raw body."""
    return _declared(view, "signed")


def visitor(view: View) -> View:
    """A bearer token is required."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        g.principal = _bearer()
        if g.principal is None:
            raise Unauthenticated("Send the token as Authorization: Bearer …")
        return view(*args, **kwargs)

    return _declared(cast(View, checked), "visitor")


def anyone(view: View) -> View:
    """A bearer token is used when there is one; a bad one is refused."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        g.principal = _bearer()
        return view(*args, **kwargs)

    return _declared(cast(View, checked), "anyone")


def principal() -> Principal:
    """The one who calls a route declared `visitor`."""
    return cast(Principal, g.principal)


def caller() -> Principal | None:
    """The one who calls a route declared `anyone`, if they said who they are."""
    return cast("Principal | None", g.principal)


def _declared(view: View, name: str) -> View:
    view.auth = name  # type: ignore[attr-defined]  # read by the architecture test
    return view


def _bearer() -> Principal | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send the token as Authorization: Bearer …")
    return verify(token.strip())
