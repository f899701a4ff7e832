"""/openapi.json: what the library makes of the models, and what it cannot say, from `ingress.http.described`.

Beyond its own errors a route has those of its kind: of reading a token, a body, a query.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from flask import Flask
from flask_openapi3 import OpenAPI
from pydantic.json_schema import models_json_schema

from channels.webhook import WebhookMessage
from ingress.accounts.requests import Login
from ingress.conversations.events import AnswerEvent, ConversationEvent, PublishedEvent
from ingress.http import problem_types
from ingress.http.described import Header, of_view
from ingress.http.responses import Problem
from ingress.ops.responses import InsightEvent
from ingress.pages import api_responses
from ingress.pages.api_examples import EXAMPLES
from ingress.pages.api_responses import REF, ref

Document = dict[str, Any]
EVENTS = (AnswerEvent, ConversationEvent, PublishedEvent, InsightEvent)


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
    made["components"]["headers"] = api_responses.shared_headers()
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
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(told.body)}}}
    if told.headers:
        operation["parameters"] = [*operation.get("parameters", ()), *map(_parameter, told.headers)]
    for parameter in operation.get("parameters", ()):
        _mend_parameter(parameter)
    operation["responses"] = api_responses.of_operation(operation, path, view, told)
    _give_examples(operation)


def _parameter(header: Header) -> Document:
    return {"name": header.name, "in": "header", **api_responses.header_object(header)}


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
