"""The types of problem documents: one URI and one title each (RFC 9457, 3.1.1). docs/problems.md explains each type.

Gunicorn's worker also imports this before gevent has patched anything, so it imports nothing of Flask.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from models.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    SwitchboardError,
    TooMany,
    Unauthenticated,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
URN = "urn:switchboard:problem:"
BLANK = "about:blank"  # RFC 9457, 4.2.1: the status says it all


@dataclass(frozen=True)
class ProblemType:
    """What programs distinguish problems by. `uri` never changes, and each has one title."""

    uri: str
    title: str
    status: int


def of_class(error: type[SwitchboardError] | SwitchboardError) -> ProblemType:
    """The type of one of our errors."""
    return ProblemType(URN + error.slug, error.title, error.status)


def _own(status: int, slug: str, title: str) -> ProblemType:
    return ProblemType(URN + slug, title, status)


NOT_READY = _own(503, "not-ready", "Not ready")
WITHOUT_CLASS = (
    _own(405, "method-not-allowed", "Method not allowed"),
    _own(408, "request-timeout", "The request did not arrive in time"),
    _own(413, "body-too-large", "The body is too large"),
    _own(414, "address-too-long", "The address is too long"),
    _own(415, "unsupported-media-type", "Unsupported content type"),
    _own(417, "expectation-failed", "Unknown expectation"),
    _own(426, "upgrade-required", "A WebSocket is required"),
    _own(431, "headers-too-large", "The headers are too large"),
    _own(501, "not-implemented", "Not implemented"),
)
BY_STATUS = {kind.status: kind for kind in WITHOUT_CLASS} | {
    error.status: of_class(error)
    for error in (
        Malformed,
        Invalid,
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict,
        TooMany,
        Unavailable,
        SwitchboardError,
    )
}


def of_status(status: int) -> ProblemType:
    """The type of an error without a class of ours: from Flask, gunicorn, or the socket's handshake."""
    return BY_STATUS.get(status) or ProblemType(BLANK, HTTPStatus(status).phrase, status)


def document(kind: ProblemType, detail: str, **extra: Any) -> bytes:
    """A problem document as JSON."""
    body = {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": detail, **extra}
    return json.dumps(body).encode()
