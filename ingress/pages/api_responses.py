"""The responses of an operation in the API document: of success, with their headers and streams, and all its problems."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from ingress.http import problem_types
from ingress.http.admission import PROBES
from ingress.http.described import Described, Header
from ingress.http.responses import Problem
from ingress.http.traces import TRACE_ID

Document = dict[str, Any]
REF = "#/components/schemas/"
READS_TOKEN = {"anyone", "bearer", "user", "superuser"}
OF_BODY = {400, 408, 413, 415, 422}
RATE_LIMIT = (
    Header(
        "RateLimit",
        "What is left of each limit, and the seconds until the full limit is available again; "
        "on 429, the seconds until one more call is possible (RateLimit header fields).",
    ),
    Header("RateLimit-Policy", "Each limit and its window in seconds."),
)
RETRY_AFTER = Header("Retry-After", "Seconds to wait before trying again.", {"type": "integer", "minimum": 1})
WWW_AUTHENTICATE = Header(
    "WWW-Authenticate",
    "How to authenticate (RFC 9110, 11.6.1): `Bearer`. A webhook needs its signature instead.",
    required=True,
)
BEFORE_THE_APP = {414, 431}  # gunicorn refuses the request
OF_PROBLEMS = {401: (WWW_AUTHENTICATE,), 429: (RETRY_AFTER, RATE_LIMIT[0]), 503: (RETRY_AFTER,)}


def of_operation(operation: Document, path: str, view: Any, told: Described) -> Document:
    """All responses of the operation, by status."""
    responses = _successes(operation, told) | _problems(operation, path, view, told)
    counts = HTTPStatus.TOO_MANY_REQUESTS in told.problems  # and says so whatever comes of it
    headers = {header.name: _header_ref(header) for header in (TRACE_ID, *(RATE_LIMIT if counts else ()))}
    for status, response in responses.items():
        if int(status) not in BEFORE_THE_APP:
            response["headers"] = response.get("headers", {}) | headers
    return responses


def shared_headers() -> Document:
    """The headers that responses of many operations have, as components."""
    return {header.name: header_object(header) for header in (*RATE_LIMIT, RETRY_AFTER, TRACE_ID, WWW_AUTHENTICATE)}


def _successes(operation: Document, told: Described) -> Document:
    """The responses that are none of errors, with their headers and the stream."""
    successes = {status: response for status, response in operation["responses"].items() if int(status) < 400}
    if told.stream is not None:
        content = successes.setdefault("200", {"description": "OK"}).setdefault("content", {})
        content["text/event-stream"] = _stream(told.stream)
    headers = {header.name: header_object(header) for header in told.sends}
    for response in successes.values() if headers else ():
        response["headers"] = response.get("headers", {}) | headers
    return successes or {"200": {"description": "OK"}}


def _stream(event: type[BaseModel]) -> Document:
    """A stream is text, which holds events, whose `data` is text again: see docs/decisions/0041-document-for-clients.md."""
    properties = {
        "id": {
            "type": "string",
            "description": "Send it back as `Last-Event-ID`. Absent from events that are not stored.",
        },
        "event": {"type": "string", "description": "The kind of the event, as in the data (`type` or `event_type`)."},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": ref(event)},
    }
    events = {"type": "object", "properties": properties, "required": ["event", "data"]}
    return {
        "schema": {
            "type": "string",
            "description": "Server-sent events.",
            "contentMediaType": "text/event-stream",
            "contentSchema": {"type": "array", "items": events},
        }
    }


def _problems(operation: Document, path: str, view: Any, told: Described) -> Document:
    statuses = set(told.problems) | {500}
    if path not in PROBES:
        statuses.add(429)  # too many connections of one address
    if view.auth in READS_TOKEN:
        statuses |= {401, 403, 503}
    if "requestBody" in operation:
        statuses |= OF_BODY
    kinds = {parameter["in"] for parameter in operation.get("parameters", ())}
    if kinds - {"path"}:
        statuses.add(422)
    if "path" in kinds:
        statuses.add(404)
    if kinds & {"path", "query"}:
        statuses.add(414)
    if "header" in kinds or view.auth in READS_TOKEN:
        statuses.add(431)
    return {str(status): _problem(status) for status in sorted(statuses)}


def _problem(status: int) -> Document:
    response: Document = {
        "description": f"{problem_types.of_status(status).title}. See docs/problems.md.",
        "content": {problem_types.MEDIA_TYPE: {"schema": ref(Problem)}},
    }
    if status in OF_PROBLEMS:
        response["headers"] = {header.name: _header_ref(header) for header in OF_PROBLEMS[status]}
    return response


def ref(model: type[BaseModel]) -> Document:
    """Where the schema of a model is."""
    return {"$ref": REF + model.__name__}


def header_object(header: Header) -> Document:
    """A header of ours as OpenAPI has it."""
    return {"description": header.description, "required": header.required, "schema": dict(header.schema)}


def _header_ref(header: Header) -> Document:
    return {"$ref": f"#/components/headers/{header.name}"}
