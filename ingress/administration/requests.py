"""What superusers send: the models of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from ingress.accounts.requests import Email, FullName, Password, Phone, Username
from ingress.http.forms import Name, Page, Reference, Strict, meanings
from models.accounts.roles import PERMISSIONS
from models.texts import is_storable
from models.views import Uuid


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("must not contain NUL or lone surrogates")
    return text


RoleIds = Annotated[list[Reference], Field(max_length=100)]
Filter = Annotated[str | None, Field(max_length=64), AfterValidator(lambda text: text and _storable(text))]

Permission = Annotated[str, Field(json_schema_extra={"enum": list(PERMISSIONS)})]


class NewUser(Strict):
    """An account that a superuser makes. Without a password nobody can sign in to it until one is set."""

    email: Email
    username: Username | None = None
    full_name: FullName | None = None
    password: Password | None = None
    is_superuser: bool = False
    role_ids: RoleIds = Field(default_factory=list)


class UserChange(Strict):
    """A superuser's change of a user. Fields left out stay as they are. null empties an optional field."""

    # Read it with `exclude_unset`.
    # These two may be left out and may not be null: pydantic looks at what is sent, and not at a default.
    email: Email = Field(None)  # type: ignore[assignment]  # never read where it was left out
    username: Username | None = None
    full_name: FullName | None = None
    bio: str | None = Field(None, max_length=2000)
    phone_number: Phone | None = None
    password: Password = Field(None)  # type: ignore[assignment]  # the same


class SuperuserMark(Strict):
    """Whether the user is a superuser."""

    is_superuser: bool


class RolesOfUser(Strict):
    """All roles the user has from now on."""

    role_ids: RoleIds


class NewRole(Strict):
    """A name for permissions."""

    name: Name
    description: str = Field("", max_length=500)
    permissions: list[Permission] = Field(min_length=1, max_length=100, description=meanings(PERMISSIONS))


class UserPath(BaseModel):
    """A user's address."""

    user_id: Uuid


class RolePath(BaseModel):
    """A role's address."""

    role_id: Uuid


class UserPage(Page):
    """A part of the users, those in whose names or address each of the words stands."""

    q: Annotated[str | None, Field(max_length=200), AfterValidator(lambda text: text and _storable(text))] = None


class AuditPage(Page):
    """A part of the audit trail: entries with this action, by this user, about this user."""

    action: Filter = None
    actor: Filter = None
    subject: Filter = None
