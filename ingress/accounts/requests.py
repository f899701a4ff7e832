"""What clients send about accounts: the models of the OpenAPI document."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ingress.http.forms import OneLine, Strict
from models.errors import Invalid
from models.people.identifiers import email_of, phone_of
from models.people.usernames import username_of
from models.reasons import form
from models.views import Uuid


def _email(text: str) -> str:
    return _as_value(email_of, text)


def _phone(text: str) -> str:
    return _as_value(phone_of, text)


def _as_value(parse: object, text: str) -> str:
    """The parsed value. Turns Invalid into ValueError, since pydantic collects the ValueErrors of all fields."""
    try:
        return str(parse(text))  # type: ignore[operator]  # one of the functions above
    except Invalid as error:
        raise ValueError(error.reason) from None


CODE_FORM = form(r"^\s*[0-9]{6}\s*$", "must be the six digits of the code")
Email = Annotated[str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(_email)]
Phone = Annotated[str, Field(max_length=40), AfterValidator(_phone)]


def _username(text: str) -> str:
    return _as_value(username_of, text)


# Without @, so that no username is another person's address; without invisible characters.
Username = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_username),
    Field(description="Letters and digits of one script, and . + - _; usernames that look alike count as the same"),
]
FullName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), OneLine]
Password = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]


class Registration(Strict):
    """A new account."""

    email: Email
    password: Password
    username: Username | None = None
    full_name: FullName | None = None


class Login(Strict):
    """A username or an e-mail address, and the password. `username` may hold an e-mail address."""

    username: str | None = Field(None, min_length=1, max_length=254)
    email: str | None = Field(None, min_length=1, max_length=254)
    password: Password

    @model_validator(mode="after")
    def _one_name(self) -> Login:
        if (self.username is None) == (self.email is None):
            raise ValueError("send either username or email")
        return self

    @property
    def name(self) -> str:
        """The username or the e-mail address, whichever was sent."""
        return self.username or self.email or ""


class Refresh(Strict):
    """A refresh token."""

    refresh_token: str = Field(min_length=1, max_length=4096)


class Profile(Strict):
    """What a user changes of their own; a field that is left out stays, null empties it."""

    username: Username | None = None
    full_name: FullName | None = None
    bio: str | None = Field(None, max_length=2000)


class NewPassword(Strict):
    """A new password, and the current one if there is one."""

    current: Password | None = None
    new: Password


class NewPhone(Strict):
    """A phone number in international form."""

    phone_number: Phone


class NewEmail(Strict):
    """An e-mail address."""

    email: Email


class Code(Strict):
    """A code that was sent to an address."""

    code: str = Field(pattern=CODE_FORM)


CREDENTIAL_MAX = 65_536  # characters of JSON; without a chain of certificates it has about two thousand


def _short(response: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(response)) > CREDENTIAL_MAX:
        raise ValueError(f"must have at most {CREDENTIAL_MAX:,} characters of JSON")
    return response


class Credential(BaseModel):
    """What `PublicKeyCredential.toJSON()` gives (WebAuthn Level 3, 5.1)."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str = Field(min_length=1, max_length=1400)
    rawId: str = Field(min_length=1, max_length=1400)  # noqa: N815 - the standard's names
    type: Literal["public-key"]
    response: Annotated[dict[str, Any], AfterValidator(_short)]

    @property
    def transports(self) -> list[str]:
        """How the browser reaches the authenticator, if the browser says so."""
        transports = self.response.get("transports")
        return [str(transport)[:32] for transport in transports[:8]] if isinstance(transports, list) else []


class PasskeyFor(Strict):
    """Whose passkey it is, or will be."""

    email: Email | None = None


class MadePasskey(Strict):
    """A passkey that a browser has made, and the name its user gives it."""

    credential: Credential
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), OneLine] = "Passkey"


class UsedPasskey(Strict):
    """A passkey that a browser has used."""

    credential: Credential


class PasskeyPath(BaseModel):
    """A passkey's address."""

    passkey_id: Uuid


class SessionPath(BaseModel):
    """A device session's address."""

    session_id: Uuid
