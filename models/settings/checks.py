"""Types of settings: what a value must be. A fault says what to write instead, and never repeats the value."""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

EXAMPLE_SECRET = "change-me-change-me-change-me-change-me"  # noqa: S105 - refused below, so that nobody runs on it
DATABASES = ("sqlite:///", "postgresql+psycopg://")
REDISES = ("redis://", "rediss://", "unix://")
BROKERS = ("redis://", "rediss://", "redis+socket://", "amqp://", "amqps://", "pyamqp://")


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _begins_with(*schemes: str) -> AfterValidator:
    def validated(value: str) -> str:
        if value and not value.startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return value

    return AfterValidator(validated)


def _readable_file(path: str) -> str:
    if path and not os.access(path, os.R_OK):
        raise ValueError("must name a readable file")
    return path


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if any(origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin) for origin in origins):
        raise ValueError("must list origins such as https://shop.example, without a path")
    return origins


def _origin(url: str) -> str:
    """Scheme, host and port as in a browser's `Origin`: in lower case, without a final slash or the default port.

    Passkeys and the socket compare it with what browsers send; any other form would never match.
    """
    if not url:
        return url
    match = re.fullmatch(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", url.lower())
    if not match or int(match[3] or 1) not in range(1, 65536):
        raise ValueError(
            "must be https:// (or http://), a host and, if it is not the default, a port, without a path, "
            "such as https://chat.example.com"
        )
    default_port = {"http": 80, "https": 443}[match[1]]
    return f"{match[1]}://{match[2]}" + (f":{int(match[3])}" if match[3] and int(match[3]) != default_port else "")


def _webhook_secrets(secrets: tuple[str, ...]) -> tuple[str, ...]:
    for secret in secrets:
        try:
            size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
        except binascii.Error:
            size = 0
        if not secret.startswith("whsec_") or not 24 <= size <= 64:
            raise ValueError("must be whsec_ followed by 24 to 64 random bytes in base64")
    return secrets


def _strong_keys(keys: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """The keys, each long enough. In debug mode any key will do, since nothing of value is signed with it."""
    if not keys or (not info.data.get("debug") and any(len(key.encode()) < 32 for key in keys)):
        raise ValueError("must have at least 32 bytes (`make run` generates one)")
    if not info.data.get("debug") and EXAMPLE_SECRET in keys:
        raise ValueError("must not be the example")
    return keys


def _contact_fields(fields: tuple[str, ...]) -> tuple[str, ...]:
    if set(fields) - {"name", "email", "phone"}:
        raise ValueError("may contain only name, email and phone")
    return fields


def _log_level(level: str) -> str:
    if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return level.upper()


def _log_format(name: str) -> str:
    if name not in {"console", "json"}:
        raise ValueError("must be console or json")
    return name


Listed = Annotated[tuple[str, ...], BeforeValidator(_split)]
DatabaseUrl = Annotated[str, _begins_with(*DATABASES)]
RedisUrl = Annotated[str, _begins_with(*REDISES)]
BrokerUrl = Annotated[str, _begins_with(*BROKERS)]
ReadableFile = Annotated[str, AfterValidator(_readable_file)]
SigningKeys = Annotated[Listed, AfterValidator(_strong_keys)]
ContactFields = Annotated[Listed, AfterValidator(_contact_fields)]
LogLevel = Annotated[str, AfterValidator(_log_level)]
LogFormat = Annotated[str, AfterValidator(_log_format)]
Origin = Annotated[str, AfterValidator(_origin)]
Origins = Annotated[Listed, AfterValidator(_origins)]
WebhookSecrets = Annotated[Listed, AfterValidator(_webhook_secrets)]
