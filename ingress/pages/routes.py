"""The pages: files of our own, without a build step."""

from __future__ import annotations

from math import ceil
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, render_template, send_from_directory

from channels import codes
from ingress.identity.callers import public
from models.settings import settings

FOLDER = Path(__file__).resolve().parent
SERVED = {".css", ".js", ".svg"}
MINUTE = 60  # seconds
# Modules that the sign-in page shares with the chat.
SHARED = ("account", "api", "chat_storage", "conversations", "dialog", "dom", "json_storage", "times")
OWN = {path.stem for path in (FOLDER / "signin").glob("*.js")} - {"main"}
SIGNIN_MODULES = (
    *(f"shared/{name}" for name in SHARED),
    *(f"signin/{name}" for name in sorted(OWN)),
)  # fetched at once, beside main.js
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
)

blueprint = Blueprint("pages", __name__, template_folder=str(FOLDER))


@blueprint.get("/chat")
@public
def chat() -> Response:
    """The chat page. It is told which fields CONTACT_REQUIRED names, so that it asks for them first, and for how many
    minutes a conversation waits for a person (HANDOFF_TIMEOUT)."""
    page = render_template(
        "chat/chat.html",
        contact_required=",".join(settings().contact_required),
        handoff_minutes=ceil(settings().handoff_timeout / MINUTE),
    )
    return _guarded(make_response(page))


@blueprint.get("/signin")
@public
def signin() -> Response:
    """Signing in, making an account, and what a user does with their own. It asks for no address to which nobody could
    send a code."""
    page = render_template("signin/signin.html", modules=SIGNIN_MODULES, codes=codes.has_sender())
    return _guarded(make_response(page))


@blueprint.get("/pages/<path:name>")
@public
def page_file(name: str) -> Response:
    """A script, a style sheet or a picture of a page."""
    if Path(name).suffix not in SERVED:
        abort(404)
    return _guarded(send_from_directory(FOLDER, name))


def _guarded(response: Response) -> Response:
    """Asked for anew each time (files answer 304), so that a page never mixes two versions of its modules."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response
