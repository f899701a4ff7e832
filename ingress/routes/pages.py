"""The pages: static files of our own, without a build step."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from ingress.auth import public

FOLDER = Path(__file__).resolve().parents[1] / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

blueprint = Blueprint("pages", __name__)


@blueprint.get("/chat")
@public
def chat() -> Response:
    """The chat page."""
    return _file("chat.html")


@blueprint.get("/pages/<path:name>")
@public
def page_file(name: str) -> Response:
    """A script, a style sheet or a picture of a page."""
    return _file(name)


def _file(name: str) -> Response:
    response = send_from_directory(FOLDER, name, max_age=300)
    response.headers["Content-Security-Policy"] = POLICY
    return response
