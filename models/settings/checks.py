"""What a setting's value must be, each with a word on what to write instead. Faults never repeat the value."""

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
    def check(value: str) -> str:
        if value and not value.startswith(schemes):
            raise ValueError(f"must begin with {' or '.join(schemes)}")
        return value

    return AfterValidator(check)


def _is_readable(path: str) -> str:
    if path and not os.access(path, os.R_OK):
        raise ValueError("must name a readable file")
    return path


def _are_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if any(origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin) for origin in origins):
        raise ValueError("must list origins such as https://shop.example, without a path")
    return origins


def _as_origin(url: str) -> str:
    """Scheme, host and port as a browser's `Origin` has them: in lower case, without a slash and the usual port.

    Passkeys and the socket compare it with what browsers send, so whatever else was written would match nothing.
    """
    if not url:
        return url
    found = re.fullmatch(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", url.lower())
    if not found or int(found[3] or 1) not in range(1, 65536):
        raise ValueError(
            "must be https:// (or http://), a host and, if it is not the default, a port, without a path, "
            "such as https://chat.example.com"
        )
    usual = {"http": 80, "https": 443}[found[1]]
    return f"{found[1]}://{found[2]}" + (f":{int(found[3])}" if found[3] and int(found[3]) != usual else "")


def _are_webhook_secrets(secrets: tuple[str, ...]) -> tuple[str, ...]:
    for secret in secrets:
        try:
            size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
        except binascii.Error:
            size = 0
        if not secret.startswith("whsec_") or not 24 <= size <= 64:
            raise ValueError("must be whsec_ followed by 24 to 64 random bytes in base64")
    return secrets


def _are_strong(keys: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Outside debug; there any key will do, for nothing of worth is signed with it."""
    if not keys or (not info.data.get("debug") and any(len(key.encode()) < 32 for key in keys)):
        raise ValueError("must have at least 32 bytes (`make run` generates one)")
    if not info.data.get("debug") and EXAMPLE_SECRET in keys:
        raise ValueError("must not be the example")
    return keys


def _are_contact_fields(fields: tuple[str, ...]) -> tuple[str, ...]:
    if set(fields) - {"name", "email", "phone"}:
        raise ValueError("may contain only name, email and phone")
    return fields


def _is_level(level: str) -> str:
    if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return level.upper()


def _is_log_format(name: str) -> str:
    if name not in {"console", "json"}:
        raise ValueError("is console or json")
    return name


Listed = Annotated[tuple[str, ...], BeforeValidator(_split)]
DatabaseUrl = Annotated[str, _begins_with(*DATABASES)]
RedisUrl = Annotated[str, _begins_with(*REDISES)]
BrokerUrl = Annotated[str, _begins_with(*BROKERS)]
ReadableFile = Annotated[str, AfterValidator(_is_readable)]
SigningKeys = Annotated[Listed, AfterValidator(_are_strong)]
ContactFields = Annotated[Listed, AfterValidator(_are_contact_fields)]
LogLevel = Annotated[str, AfterValidator(_is_level)]
LogFormat = Annotated[str, AfterValidator(_is_log_format)]
Origin = Annotated[str, AfterValidator(_as_origin)]
Origins = Annotated[Listed, AfterValidator(_are_origins)]
WebhookSecrets = Annotated[Listed, AfterValidator(_are_webhook_secrets)]
