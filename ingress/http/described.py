"""Descriptions of routes for the OpenAPI document, beyond their models: own errors, headers, streams.

ingress/pages/api_document.py reads them, and adds what follows from the route's kind, such as 401 where a token is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Header:
    """A header that a route reads or sends."""

    name: str
    description: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False  # of a response: it is always there


@dataclass(frozen=True)
class Described:
    """The description of one route."""

    problems: frozenset[int] = frozenset()
    headers: tuple[Header, ...] = ()
    sends: tuple[Header, ...] = ()
    body: type[BaseModel] | None = None
    stream: type[BaseModel] | None = None


def of_view(view: Any) -> Described:
    """The description of a route; empty if it has none."""
    described: Described = getattr(view, "described", Described())
    return described


def answers(*problems: int) -> Callable[[View], View]:
    """Declares the route's own errors, by status."""
    return _with(problems=frozenset(problems))


def reads(*headers: Header) -> Callable[[View], View]:
    """Declares request headers that the route reads itself."""
    return _with(headers=headers)


def sends(*headers: Header) -> Callable[[View], View]:
    """Declares response headers of the route, on success."""
    return _with(sends=headers)


def takes(body: type[BaseModel]) -> Callable[[View], View]:
    """Declares the body of a route that reads it raw."""
    return _with(body=body)


def streams(event: type[BaseModel]) -> Callable[[View], View]:
    """Declares that the route answers with server-sent events, whose data follow this model."""
    return _with(stream=event)


def _with(**parts: Any) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.described = replace(of_view(view), **parts)  # type: ignore[attr-defined]  # read by `of_view`
        return view

    return decorate


PREFER = Header(
    "Prefer",
    "`wait=N` waits up to N seconds (at most 60) for the result (RFC 7240).",
    {"type": "string", "examples": ["wait=20"]},
)
LOCATION = Header(
    "Location", "The address of what was created or accepted.", {"type": "string", "format": "uri-reference"}
)
CONTENT_LOCATION = Header(
    "Content-Location",
    "The actual address, for example in the conversation that continues the one in the request.",
    {"type": "string", "format": "uri-reference"},
)
LAST_EVENT_ID = Header("Last-Event-ID", "The id of the last event you received. The events after it are sent first.")
KEY = Header(
    "Idempotency-Key",
    "For 24 h, repeating the same key and body has no further effect. Another body gives 422.",
    {"type": "string", "minLength": 1, "maxLength": 255},
)
WEBHOOK = (
    Header("webhook-id", "A unique id of this message, the same in every repeat.", required=True),
    Header("webhook-timestamp", "The time of sending, in seconds since 1970.", {"type": "string"}, required=True),
    Header("webhook-signature", "`v1,` and the signature in base64 (standardwebhooks.com).", required=True),
)
