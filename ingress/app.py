"""The app factory: settings, routes, errors, limits' headers, CORS, and the socket in front of it all."""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_cors import CORS
from flask_openapi3 import Info, OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

from ingress import cli, sqlite
from ingress.accounts import api_key_routes, passkey_routes, profile_routes
from ingress.accounts import routes as account_routes
from ingress.accounts import topics as account_topics
from ingress.administration import audit_routes, role_routes, user_routes
from ingress.channels import routes as channel_routes
from ingress.conversations import chat, message_routes, methods, topics
from ingress.conversations import routes as conversation_routes
from ingress.http import bodies, problems, redirects
from ingress.http.admission import Admission
from ingress.http.responses import Problem
from ingress.http.traces import TRACE_ID, Traces
from ingress.identity.callers import check as check_caller
from ingress.ops import health, metrics
from ingress.ops import routes as ops_routes
from ingress.pages import api_docs
from ingress.pages import routes as page_routes
from ingress.sockets import Options, Registry, Sockets
from ingress.version import VERSION
from models.clock import SECOND
from models.limits import Standing
from models.settings import settings

MAX_BODY = 1 << 20
ROUTES = (
    ops_routes, account_routes, profile_routes, passkey_routes, api_key_routes, user_routes, role_routes, audit_routes,
    conversation_routes, message_routes, chat, channel_routes,
)  # fmt: skip
ON_SOCKETS = (methods, topics, account_topics)
EXPOSED = ("Location", "Retry-After", "RateLimit", "RateLimit-Policy", TRACE_ID.name)


def create_app() -> Flask:
    """A Flask app with everything mounted. Raises SettingsError with every fault at once."""
    cli.check_settings()
    sqlite.install()
    app = OpenAPI(
        "ingress",
        info=Info(title="Switchboard", version=VERSION, description="Messages in, answers out, nothing lost."),
        security_schemes={"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        doc_ui=False,  # the pages are ours: ingress/pages/api_docs.py
        static_folder=None,
        validation_error_callback=problems.of_validation,
        validation_error_model=Problem,
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    for module in ROUTES:
        app.register_api(module.api)
    app.register_blueprint(page_routes.blueprint)
    app.register_blueprint(api_docs.blueprint)
    health.register(app)
    metrics.register(app)
    problems.register(app)
    cli.register(app)
    app.before_request(redirects.answer)
    app.before_request(check_caller)
    app.before_request(bodies.check)
    app.after_request(_headers)
    if settings().cors_origins:
        CORS(app, origins=list(settings().cors_origins), expose_headers=EXPOSED, max_age=600)
    _mount_sockets(app)
    return app


def socket_registry() -> Registry:
    """The socket's methods and topics, of all capabilities."""
    registry = Registry()
    for module in ON_SOCKETS:
        module.register(registry)
    return registry


def _mount_sockets(app: Flask) -> None:
    """The socket in front of the routes, before both who may hold connections, and before that whose address it is.

    X-Forwarded-For is the client's word: it counts only behind as many proxies as were named.
    """
    options = Options(origins=(settings().origin, *settings().cors_origins))
    sockets = Sockets(app.wsgi_app, socket_registry(), options)
    app.extensions["sockets"] = sockets
    metrics.SOCKETS.set_function(lambda: len(sockets))
    app.wsgi_app = Admission(sockets)  # type: ignore[method-assign]
    count = settings().trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.wsgi_app = Traces(app.wsgi_app)  # type: ignore[method-assign]


def _headers(response: Response) -> Response:
    """What every response says; and where the caller stands with the limits (draft-ietf-httpapi-ratelimit-headers)."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.path.startswith("/api/"):  # tokens, and what is one person's
        response.headers.setdefault("Cache-Control", "no-store")
    if standings := g.get("standings"):
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{s.limit.name}";q={s.limit.count};w={s.limit.window // SECOND}' for s in standings
        )
        response.headers["RateLimit"] = ", ".join(
            f'"{s.limit.name}";r={s.remaining};t={_seconds_to_reset(s)}' for s in standings
        )
    return response


def _seconds_to_reset(standing: Standing) -> int:
    limit = standing.limit
    return max(1, (limit.count - standing.remaining) * limit.window // limit.count // SECOND)
