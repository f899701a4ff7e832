"""`/api/auth/keys`: API keys for programs that act for the user."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ingress.accounts import api_keys
from ingress.accounts.api_key_requests import KeyPath, NewKey
from ingress.accounts.api_key_responses import ApiKeys, NewApiKey
from ingress.accounts.changes import count_change
from ingress.http.described import answers
from ingress.identity.callers import BEARER, principal, user

api = APIBlueprint(
    "keys",
    __name__,
    url_prefix="/api/auth/keys",
    abp_tags=[Tag(name="API keys", description="Keys with which programs act for a user, within scopes")],
    abp_security=BEARER,
)


@api.post("", operation_id="createApiKey", summary="Create an API key", responses={"201": NewApiKey})
@user
@answers(409, 429)
def add(body: NewKey) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The key is shown only now; only its hash is stored. Send it as `Authorization: Bearer sbk_…`."""
    count_change(principal())
    return api_keys.add(principal(), body.name, body.scopes), 201, {"Cache-Control": "no-store"}


@api.get("", operation_id="listApiKeys", summary="List your API keys", responses={"200": ApiKeys})
@user
def own() -> dict[str, Any]:
    """Your keys with their scopes and last use, newest first."""
    return {"items": api_keys.own(principal()), "next": None}


@api.delete("/<key_id>", operation_id="deleteApiKey", summary="Delete an API key", responses={"204": None})
@user
@answers(404, 429)
def remove(path: KeyPath) -> tuple[str, int]:
    """Effective at once, on open sockets too."""
    count_change(principal())
    api_keys.remove(principal(), path.key_id)
    return "", 204
