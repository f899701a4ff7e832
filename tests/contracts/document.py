"""A client of the app whose every response is compared with the API document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from http.client import PERMANENT_REDIRECT
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from ingress.pages.api_document import document

Document = dict[str, Any]
FOR_PROGRAMS = (
    "Allow", "Content-Location", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "Trace-Id",
    "WWW-Authenticate",
)  # fmt: skip


class CheckedClient(FlaskClient):
    """Fails the test in which an answer is not as the document says: status, content type, headers, body."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        operation = _operation(self.application, response.request.method, response.request.path)
        if operation is not None and response.status_code != PERMANENT_REDIRECT:  # to another spelling of the address
            faults = _faults(operation, response, document(self.application))
            assert not faults, f"{operation['operationId']} answered {response.status_code}: {faults}\n{response.text}"
        return response


def _operation(app: Flask, method: str, path: str) -> Document | None:
    """The operation at this address; None for what the document does not speak of."""
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
    except (HTTPException, RequestRedirect):
        return None
    named = rule.rule.replace("<", "{").replace(">", "}")
    found: Document | None = document(app)["paths"].get(named, {}).get(method.lower())
    return found


def _faults(operation: Document, response: TestResponse, whole: Document) -> list[str]:
    """What is not as documented."""
    told = operation["responses"].get(str(response.status_code))
    if told is None:
        return ["the status is not documented"]
    return [*_of_headers(told.get("headers", {}), response, whole), *_of_body(told.get("content"), response, whole)]


def _of_headers(told: Document, response: TestResponse, whole: Document) -> Iterator[str]:
    """A header that programs use is documented, and one that is required is there."""
    headers = {name: _resolved(header, whole) for name, header in told.items()}
    yield from (
        f"{name} is not documented" for name in FOR_PROGRAMS if name in response.headers and name not in headers
    )
    yield from (
        f"{name} is missing"
        for name, header in headers.items()
        if header.get("required") and name not in response.headers
    )


def _of_body(content: Document | None, response: TestResponse, whole: Document) -> Iterator[str]:
    if content is None or response.mimetype not in content:
        if content is not None or response.get_data():
            yield f"the content type {response.mimetype} is not documented"
    elif response.mimetype.endswith("json"):
        schema = content[response.mimetype]["schema"] | {"components": whole["components"]}
        value = json.loads(response.get_data())
        yield from (
            f"{fault.json_path}: {fault.message}" for fault in _validator(json.dumps(schema)).iter_errors(value)
        )


def _resolved(header: Document, whole: Document) -> Document:
    name = header.get("$ref", "").removeprefix("#/components/headers/")
    found: Document = whole["components"]["headers"][name] if name else header
    return found


@cache
def _validator(schema: str) -> Any:
    return Draft202012Validator(json.loads(schema), format_checker=FormatChecker())
