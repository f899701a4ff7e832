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
from ingress.http.described import LOCATION, answers, sends
from ingress.identity.callers import BEARER, superuser
from models.accounts import administration as accounts

api = APIBlueprint(
    "users",
    __name__,
    url_prefix="/api/users",
    abp_tags=[Tag(name="Users", description="Managing accounts and roles; superusers only")],
    abp_security=BEARER,
)
USER: dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None] = {"200": User}


@api.get("", operation_id="listUsers", summary="List users", responses={"200": Users})
@superuser
def page(query: UserPage) -> dict[str, Any]:
    """In the order of their creation."""
    return queries.page_of_users(query.q, query.after, query.limit)


@api.post("", operation_id="createUser", summary="Create an account for someone", responses={"201": User})
@superuser
@answers(409)
@sends(LOCATION)
def create(body: NewUser) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Creates an account for another person. Without a password they cannot sign in until a superuser sets one."""
    user = commands.create(**body.model_dump())
    return user, 201, {"Location": f"/api/users/{user['id']}"}


@api.get("/<user_id>", operation_id="getUser", summary="Get a user", responses=USER)
@superuser
@answers(404)
def get(path: UserPath) -> dict[str, Any]:
    """A user."""
    return queries.user(path.user_id)


@api.patch("/<user_id>", operation_id="updateUser", summary="Change a user", responses=USER)
@api.put(
    "/<user_id>",
    operation_id="replaceUser",
    summary="Change a user (use PATCH)",
    responses=USER,
    deprecated=True,
    endpoint="change_by_put",
)
@superuser
@answers(404, 409)
def change(path: UserPath, body: UserChange) -> dict[str, Any]:
    """Fields left out stay as they are. null empties an optional field; `email` and `password` cannot be null.

    A new address is unverified; a new password ends all sessions.
    """
    return commands.change(path.user_id, **body.model_dump(exclude_unset=True))


@api.delete("/<user_id>", operation_id="deleteUser", summary="Delete a user", responses={"204": None})
@superuser
@answers(404, 409)
def delete(path: UserPath) -> tuple[str, int]:
    """The user's messages stay, without a name. 409 for the last active superuser."""
    commands.delete(path.user_id)
    return "", 204


@api.post("/<user_id>/disable", operation_id="disableUser", summary="Disable a user", responses=USER)
@superuser
@answers(404, 409)
def disable(path: UserPath) -> dict[str, Any]:
    """Ends all sessions; tokens and API keys are refused at once. 409 for the last active superuser."""
    return commands.apply(path.user_id, accounts.disable)


@api.post("/<user_id>/enable", operation_id="enableUser", summary="Enable a user", responses=USER)
@superuser
@answers(404)
def enable(path: UserPath) -> dict[str, Any]:
    """The user may sign in again, and the API keys work again. Sessions stay ended."""
    return commands.apply(path.user_id, accounts.enable)


@api.put(
    "/<user_id>/superuser",
    operation_id="setSuperuser",
    summary="Make a user a superuser, or take that away",
    responses=USER,
)
@superuser
@answers(404, 409)
def set_superuser(path: UserPath, body: SuperuserMark) -> dict[str, Any]:
    """Access tokens with the old rights are refused at once; a refresh has the new ones. 409 for the last superuser."""
    return commands.apply(path.user_id, accounts.set_superuser, body.is_superuser)


@api.put("/<user_id>/roles", operation_id="setUserRoles", summary="Set a user's roles", responses=USER)
@superuser
@answers(404)
def set_roles(path: UserPath, body: RolesOfUser) -> dict[str, Any]:
    """Replaces the user's roles. Access tokens with the old rights are refused at once; a refresh has the new ones."""
    return commands.apply(path.user_id, accounts.set_roles, body.role_ids)
