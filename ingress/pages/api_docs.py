"""The API's documentation: the document itself, Swagger UI and ReDoc, with all their files from this host.

The library's own pages hold scripts, which a strict policy forbids; ReDoc's asks another host for its logo.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, send_file
from werkzeug.http import generate_etag

from ingress.identity.callers import public
from ingress.pages import api_document, socket_document

SWAGGER, REDOC = "flask_openapi3_swagger/templates/swagger", "flask_openapi3_redoc/templates/redoc"
FILES = {
    "swagger-ui.css": f"{SWAGGER}/css",
    "swagger-ui-bundle.js": f"{SWAGGER}/js",
    "redoc.svg": f"{REDOC}/images",
}
REDOC_SCRIPT = "redoc.standalone.js"
FOREIGN_LOGO, OWN_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"/docs/files/redoc.svg"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; connect-src 'self'; "
    "worker-src {workers}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
SWAGGER_POLICY = POLICY.format(styles="'self'", workers="'none'")
REDOC_POLICY = POLICY.format(styles="'self' 'unsafe-inline'", workers="blob:")

blueprint = Blueprint("docs", __name__)


@blueprint.get("/openapi.json")
@public
def openapi() -> dict[str, Any]:
    """This document."""
    return api_document.document(current_app)


@blueprint.get("/asyncapi.yaml")
@public
def asyncapi() -> Response:
    """The socket's document."""
    return Response(json.dumps(socket_document.document(), indent=2), content_type="application/yaml")


@blueprint.get("/docs")
@public
def docs() -> Response:
    """The API, to try."""
    return _page("docs/swagger.html", SWAGGER_POLICY)


@blueprint.get("/redoc")
@public
def redoc() -> Response:
    """The API, to read."""
    return _page("docs/redoc.html", REDOC_POLICY)


@blueprint.get("/docs/files/<name>")
@public
def file(name: str) -> Response:
    """A script, a style sheet or a picture of the two."""
    if name == REDOC_SCRIPT:
        return _redoc_script()
    if name not in FILES:
        abort(404)
    return send_file(_folder(FILES[name]) / name)


def _page(template: str, policy: str) -> Response:
    response = make_response(render_template(template))
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-cache"
    return response


def _redoc_script() -> Response:
    """ReDoc's script, which takes its logo from here."""
    text, etag = _patched()
    response = Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})
    response.set_etag(etag)
    response.make_conditional(request)
    return response


@cache
def _patched() -> tuple[bytes, str]:
    text = (_folder(f"{REDOC}/js") / REDOC_SCRIPT).read_bytes().replace(FOREIGN_LOGO, OWN_LOGO)
    return text, generate_etag(text)


def _folder(within: str) -> Path:
    """A folder of an installed package."""
    package, _, below = within.partition("/")
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / below
