"""Errors as `application/problem+json` (RFC 9457), for every status: with a cause a person can act on, without input."""

from __future__ import annotations

import logging
import math
from typing import Any

from flask import Flask, Response, make_response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from ingress.http import problem_types, refusals
from ingress.http.addresses import client_network
from ingress.http.problem_types import ProblemType
from models import reasons
from models.errors import Invalid, SwitchboardError, TooMany, Unauthenticated

log = logging.getLogger(__name__)
DETAILS = {
    400: "The request is malformed.",
    404: "There is nothing at this address.",
    408: "The body of the request did not arrive in time.",
    405: "This address does not support that method.",
    413: "The body is larger than 1 MiB.",
    414: "The address is longer than 4,094 bytes.",
    415: "Send JSON, with the content type application/json.",
    417: "The only supported expectation is `100-continue`.",
    431: "There are more than 100 headers, or one is longer than 8,190 bytes.",
    500: "An error occurred on the server. Its log has the cause.",
    501: "The only supported transfer coding is `chunked`.",
}


def problem(kind: ProblemType, detail: str, **extra: Any) -> Response:
    """A problem document."""
    body = problem_types.document(kind, detail, **extra)
    response = Response(body, kind.status, content_type=problem_types.MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def of_error(error: SwitchboardError) -> Response:
    """The problem document of one of our errors."""
    extra: dict[str, Any] = {}
    if isinstance(error, Invalid):
        extra["errors"] = [{"field": error.field, "reason": error.reason}]
    response = problem(problem_types.of_class(error), error.detail, **extra)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, TooMany):
        refusals.note(error.limit, client_network())
        response.headers["RateLimit"] = f'"{error.limit}";r=0;t={math.ceil(error.retry_after or 1)}'
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def of_validation(error: ValidationError) -> Response:
    """422 with each field and the reason, never the input (a password may be in it)."""
    faults = reasons.faults(error)
    detail = "; ".join(f"{field}: {reason}" for field, reason in faults)
    errors = [{"field": field, "reason": reason} for field, reason in faults]
    return problem(problem_types.of_class(Invalid), detail, errors=errors)


def _of_http(error: HTTPException) -> Response:
    if error.response is not None:  # our own response, passed by an abort
        return make_response(error.response)
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    response = problem(problem_types.of_status(status), DETAILS.get(status, error.name + "."))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _of_anything(error: Exception) -> Response:
    log.error("unexpected", exc_info=error)
    return problem(problem_types.of_class(SwitchboardError), DETAILS[500])


def register(app: Flask) -> None:
    """Turns every error of the app into a problem document."""
    app.register_error_handler(SwitchboardError, of_error)
    app.register_error_handler(ValidationError, of_validation)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_anything)
