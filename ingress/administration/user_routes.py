"""`/api/users`: what superusers do with accounts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel

from ingress.accounts.responses import User
from ingress.administration import commands, queries
from ingress.administration.requests import NewUser, RolesOfUser, SuperuserMark, UserChange, UserPage, UserPath
from ingress.administration.responses import Users
from ingress.http.responses import PROBLEMS
from ingress.identity.callers import BEARER, superuser
from models.accounts import administration as accounts

api = APIBlueprint(
    "users",
    __name__,
    url_prefix="/api/users",
    abp_tags=[Tag(name="Users", description="What superusers do with accounts and roles")],
    abp_responses=PROBLEMS,
    abp_security=BEARER,
)
USER: dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None] = {"200": User}


@api.get("", summary="All users", responses={"200": Users})
@superuser
def page(query: UserPage) -> dict[str, Any]:
    """In the order of their creation."""
    return queries.page_of_users(query.q, query.after, query.limit)


@api.post("", summary="Make an account", responses={"201": User})
@superuser
def create(body: NewUser) -> tuple[dict[str, Any], int, dict[str, str]]:
    """For somebody else. Without a password nobody can sign in to it until a superuser sets one."""
    made = commands.create(**body.model_dump())
    return made, 201, {"Location": f"/api/users/{made['id']}"}


@api.get("/<user_id>", summary="One user", responses=USER)
@superuser
def one(path: UserPath) -> dict[str, Any]:
    """A user."""
    return queries.user(path.user_id)


@api.patch("/<user_id>", summary="Change a user", responses=USER)
@api.put(
    "/<user_id>",
    summary="Change a user: PATCH, as it was called before",
    responses=USER,
    deprecated=True,
    endpoint="change_by_put",
)
@superuser
def change(path: UserPath, body: UserChange) -> dict[str, Any]:
    """Fields that are left out stay; null empties one. A new address is unverified, a new password ends all sessions."""
    return commands.change(path.user_id, **body.model_dump(exclude_unset=True))


@api.delete("/<user_id>", summary="Delete a user", responses={"204": None})
@superuser
def delete(path: UserPath) -> tuple[str, int]:
    """What the user wrote stays, and is nobody's. 409 for the last active superuser."""
    commands.delete(path.user_id)
    return "", 204


@api.post("/<user_id>/disable", summary="Disable a user", responses=USER)
@superuser
def disable(path: UserPath) -> dict[str, Any]:
    """Ends all sessions; tokens and API keys are refused at once. 409 for the last active superuser."""
    return commands.done(path.user_id, accounts.disable)


@api.post("/<user_id>/enable", summary="Enable a user", responses=USER)
@superuser
def enable(path: UserPath) -> dict[str, Any]:
    """The user may sign in again, and the API keys work again; sessions stay ended."""
    return commands.done(path.user_id, accounts.enable)


@api.put("/<user_id>/superuser", summary="Make or unmake a superuser", responses=USER)
@superuser
def set_superuser(path: UserPath, body: SuperuserMark) -> dict[str, Any]:
    """Access tokens with the old rights are refused at once; a refresh has the new ones. 409 for the last one."""
    return commands.done(path.user_id, accounts.set_superuser, body.is_superuser)


@api.put("/<user_id>/roles", summary="Set a user's roles", responses=USER)
@superuser
def set_roles(path: UserPath, body: RolesOfUser) -> dict[str, Any]:
    """Exactly these. Access tokens with the old rights are refused at once; a refresh has the new ones."""
    return commands.done(path.user_id, accounts.set_roles, body.role_ids)
