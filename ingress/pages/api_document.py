"""/openapi.json: what the library makes of the models, and what it cannot say, from `ingress.http.described`.

Beyond its own errors a route has those of its kind: of reading a token, a body, a query.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from flask import Flask
from flask_openapi3 import OpenAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from channels.webhook import WebhookMessage
from ingress.accounts.requests import Login
from ingress.conversations.events import AnswerEvent, ConversationEvent, PublishedEvent
from ingress.http import problem_types
from ingress.http.admission import PROBES
from ingress.http.described import Described, Header, of_view
from ingress.http.responses import Problem
from ingress.http.traces import TRACE_ID
from ingress.ops.responses import InsightEvent
from ingress.pages.api_examples import EXAMPLES

Document = dict[str, Any]
REF = "#/components/schemas/"
UNMENTIONED = (Problem, WebhookMessage, Login)  # models that the library does not see
EVENTS = (AnswerEvent, ConversationEvent, PublishedEvent, InsightEvent)
READS_TOKEN = {"anyone", "bearer", "user", "superuser"}
OF_BODY = {400, 408, 413, 415, 422}
RATE_LIMIT = (
    Header(
        "RateLimit",
        "What is left of each limit, and the seconds until the full limit is available again (RateLimit header fields).",
    ),
    Header("RateLimit-Policy", "Each limit and its window in seconds."),
)
RETRY_AFTER = Header("Retry-After", "Seconds to wait before trying again.", {"type": "integer", "minimum": 1})


def document(app: Flask) -> Document:
    """The OpenAPI 3.1 document of the app. Made once."""
    found: Document | None = app.extensions.get("api-document")
    if found is None:
        found = app.extensions["api-document"] = _made(app)
    return found


def _made(app: Flask) -> Document:
    made = cast(Document, cast(OpenAPI, app).api_doc)
    made["components"]["schemas"] |= _schemas()
    made["components"]["schemas"] = {name: _mended(schema) for name, schema in made["components"]["schemas"].items()}
    made["components"]["headers"] = {header.name: _header(header) for header in (*RATE_LIMIT, RETRY_AFTER, TRACE_ID)}
    for path, method, view in _views(app):
        operation = made["paths"].get(path, {}).get(method)
        if operation is not None:
            _complete(operation, path, view)
    return made


def _schemas() -> Document:
    """The schemas of models that no route names to the library."""
    _, definitions = models_json_schema(
        [(model, "validation") for model in (WebhookMessage, Login)]
        + [(model, "serialization") for model in (Problem, *EVENTS)],
        ref_template=REF + "{model}",
    )
    schemas: Document = definitions["$defs"]
    return schemas


def _mended(schema: Document) -> Document:
    """A component without definitions of its own: they are components, too."""
    return {name: value for name, value in schema.items() if name != "$defs"}


def _views(app: Flask) -> Iterator[tuple[str, str, Any]]:
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<", "{").replace(">", "}")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield path, method.lower(), app.view_functions[rule.endpoint]


def _complete(operation: Document, path: str, view: Any) -> None:
    """Says of an operation all that the library left out."""
    told = of_view(view)
    operation["description"] = operation["description"].replace("<br/>", "\n")
    if told.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(told.body)}}}
    if told.headers:
        operation["parameters"] = [*operation.get("parameters", ()), *map(_parameter, told.headers)]
    for parameter in operation.get("parameters", ()):
        _mend_parameter(parameter)
    operation["responses"] = _successes(operation, told) | _problems(operation, path, view, told)
    for response in operation["responses"].values():
        response.setdefault("headers", {})[TRACE_ID.name] = _header_ref(TRACE_ID)
    _give_examples(operation)


def _successes(operation: Document, told: Described) -> Document:
    """The responses that are none of errors, with their headers and the stream."""
    successes = {status: response for status, response in operation["responses"].items() if int(status) < 400}
    if told.stream is not None:
        successes.setdefault("200", {"description": "OK"}).setdefault("content", {})["text/event-stream"] = _stream(
            told.stream
        )
    headers = {header.name: _header(header) for header in told.sends}
    if 429 in told.problems:
        headers |= {header.name: _header_ref(header) for header in RATE_LIMIT}
    for response in successes.values():
        if headers:
            response["headers"] = response.get("headers", {}) | headers
    return successes or {"200": {"description": "OK"}}


def _stream(event: type[BaseModel]) -> Document:
    """A stream is text; what the `data` of its events hold is the content of that text (JSON Schema 2020-12, 8.5)."""
    return {
        "schema": {
            "type": "string",
            "description": "Server-sent events. `event` is the type of the event; `data` is JSON that matches this schema.",
            "contentMediaType": "text/event-stream",
            "contentSchema": _ref(event),
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
    return {str(status): _problem(status) for status in sorted(statuses)}


def _problem(status: int) -> Document:
    response: Document = {
        "description": f"{problem_types.of_status(status).title}. See docs/problems.md.",
        "content": {problem_types.MEDIA_TYPE: {"schema": _ref(Problem)}},
    }
    if status in {429, 503}:
        response["headers"] = {"Retry-After": _header_ref(RETRY_AFTER)}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response["headers"]["RateLimit"] = _header_ref(RATE_LIMIT[0])
    return response


def _ref(model: type[BaseModel]) -> Document:
    return {"$ref": REF + model.__name__}


def _header(header: Header) -> Document:
    return {"description": header.description, "schema": dict(header.schema)}


def _header_ref(header: Header) -> Document:
    return {"$ref": f"#/components/headers/{header.name}"}


def _parameter(header: Header) -> Document:
    return {"name": header.name, "in": "header", "required": header.required, **_header(header)}


def _mend_parameter(parameter: Document) -> None:
    """A query parameter that is left out is left out: it has no null."""
    schema = parameter["schema"]
    if schema.get("default", ...) is None:
        del schema["default"]
    others = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(others) == 1:
        del schema["anyOf"]
        schema |= others[0]


def _give_examples(operation: Document) -> None:
    """An example for each body that has a model."""
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media in content.get("content", {}).values():
            name = media.get("schema", {}).get("$ref", "").removeprefix(REF)
            if name in EXAMPLES and name != Problem.__name__:
                media["example"] = EXAMPLES[name]
    for status, response in operation["responses"].items():
        media = response.get("content", {}).get(problem_types.MEDIA_TYPE)
        if media is not None:
            media["example"] = _example_of(problem_types.of_status(int(status)))


def _example_of(kind: problem_types.ProblemType) -> Document:
    return {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": f"{kind.title}."}
