"""`/api/roles`: names for permissions."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ingress.accounts.responses import Role
from ingress.administration import commands, queries
from ingress.administration.requests import NewRole, RolePath
from ingress.administration.responses import Roles
from ingress.http.described import answers
from ingress.identity.callers import BEARER, superuser

api = APIBlueprint(
    "roles",
    __name__,
    url_prefix="/api/roles",
    abp_tags=[Tag(name="Users", description="Managing accounts and roles; superusers only")],
    abp_security=BEARER,
)


@api.get("", operation_id="listRoles", summary="List roles", responses={"200": Roles})
@superuser
def list_all() -> dict[str, Any]:
    """Every role, by name."""
    return {"items": queries.all_roles(), "next": None}


@api.post("", operation_id="createRole", summary="Create a role", responses={"201": Role})
@superuser
@answers(409)
def add(body: NewRole) -> tuple[dict[str, Any], int]:
    """Creates a named set of permissions from the fixed list."""
    return commands.add_role(**body.model_dump()), 201


@api.delete("/<role_id>", operation_id="deleteRole", summary="Delete a role", responses={"204": None})
@superuser
@answers(404, 409)
def delete(path: RolePath) -> tuple[str, int]:
    """Users who had it lose its permissions at once. 409 for a built-in role."""
    commands.delete_role(path.role_id)
    return "", 204
