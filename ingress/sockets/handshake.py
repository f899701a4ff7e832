"""The opening handshake of RFC 6455, section 4.2, on a WSGI environ."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from wsproto.utilities import generate_accept_token

_DEFAULT_PORTS = {"http": 80, "https": 443}


class NoUpgrade(Exception):
    """The handshake is refused with this status and text, and these headers."""

    def __init__(self, status: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = [(name.replace("_", "-"), value) for name, value in headers.items()]


def accept(environ: dict[str, Any], origins: tuple[str, ...]) -> bytes:
    """The response that opens the socket. Raises NoUpgrade.

    Extensions are never accepted: permessage-deflate costs about 100 KB per socket.
    """
    if environ.get("REQUEST_METHOD") != "GET":
        raise NoUpgrade("405 Method Not Allowed", "A WebSocket opens with GET.", Allow="GET")
    upgrades = "websocket" in _tokens(environ.get("HTTP_UPGRADE", ""))
    if not upgrades or "upgrade" not in _tokens(environ.get("HTTP_CONNECTION", "")):
        raise NoUpgrade("426 Upgrade Required", "This address accepts only WebSocket connections.", Upgrade="websocket")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
        raise NoUpgrade("426 Upgrade Required", "Only WebSocket version 13 is supported.", Sec_WebSocket_Version="13")
    if not _is_origin_allowed(environ, origins):
        raise NoUpgrade("403 Forbidden", "Pages of this origin may not connect.")
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip()
    if not _is_key(key):
        raise NoUpgrade("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64.")
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + generate_accept_token(key.encode())
        + b"\r\n\r\n"
    )


def _tokens(header: str) -> set[str]:
    return {token.strip().lower() for token in header.split(",")}


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def _is_origin_allowed(environ: dict[str, Any], origins: tuple[str, ...]) -> bool:
    """Whether the page's origin may connect. Browsers always send Origin, so a program without it is no hostile page."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is None or "*" in origins or origin in origins:
        return True
    scheme, _, authority = origin.lower().partition("://")
    # Compares with the page's scheme: behind a proxy that terminates TLS, ours would seem to be http.
    return scheme in _DEFAULT_PORTS and _host_and_port(scheme, authority) == _host_and_port(
        scheme, environ.get("HTTP_HOST", "").lower()
    )


def _host_and_port(scheme: str, authority: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(f"//{authority}")
        return parts.hostname, parts.port or _DEFAULT_PORTS[scheme]
    except ValueError:
        return authority, None
