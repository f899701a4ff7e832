"""What clients receive about accounts: the response models of the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from models.views import Timestamp, Uuid


class Role(BaseModel):
    """A name for permissions."""

    id: Uuid
    name: str
    description: str
    permissions: list[str]
    built_in: bool


class User(BaseModel):
    """A user."""

    id: Uuid
    username: str | None
    email: str | None = Field(
        description="null if the account never verified its address and another account has verified it since"
    )
    full_name: str | None
    bio: str | None
    phone_number: str | None
    email_verified: bool
    phone_verified: bool
    is_active: bool
    is_superuser: bool
    roles: list[Role]
    created_at: Timestamp
    updated_at: Timestamp


class Tokens(BaseModel):
    """RFC 6749, 5.1; `expires_in` in seconds."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"]
    expires_in: int


class SignedIn(Tokens):
    """Tokens and whose they are."""

    user: User


class DeviceSession(BaseModel):
    """A device that is signed in."""

    id: Uuid
    device: str
    address: str
    created_at: Timestamp
    last_seen_at: Timestamp
    expires_at: Timestamp
    current: bool


class Sessions(BaseModel):
    """All of them."""

    items: list[DeviceSession]
    next: None


class Passkey(BaseModel):
    """A passkey; `backed_up` when it is synchronised between devices."""

    id: Uuid
    name: str
    created_at: Timestamp
    last_used_at: Timestamp | None
    backed_up: bool
    transports: list[str]


class Passkeys(BaseModel):
    """All of them."""

    items: list[Passkey]
    next: None


class Options(BaseModel):
    """What both of WebAuthn's ceremonies begin with; bytes are base64url. The names are the standard's."""

    model_config = ConfigDict(alias_generator=to_camel)

    challenge: str
    timeout: int


class CreationOptions(Options):
    """PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3, 5.1.8)."""

    rp: dict[str, str]
    user: dict[str, str]
    pub_key_cred_params: list[dict[str, str | int]]
    exclude_credentials: list[dict[str, str | list[str]]]
    authenticator_selection: dict[str, str | bool]
    attestation: Literal["none"]


class RequestOptions(Options):
    """PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3, 5.1.9)."""

    rp_id: str
    allow_credentials: list[dict[str, str]]
    user_verification: Literal["required"]


class PasskeyMade(RootModel[Passkey | SignedIn]):
    """The passkey, or the tokens of the account that begins with it."""
