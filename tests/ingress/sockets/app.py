"""A small app around the sockets, as the ingress mounts them. Its options come as JSON in SOCKET_OPTIONS."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

from flask import Flask, Response, jsonify, request

from channels.relay.publish import Publication, publish
from ingress.accounts import topics as account_topics
from ingress.conversations import methods
from ingress.conversations import topics as conversation_topics
from ingress.identity.principal import Principal
from ingress.sockets import Options, Registry, Sockets
from ingress.streams import event_frames, sse
from ingress.streams.waiting import waiting
from models.errors import Conflict, NotFound, TooMany

flask = Flask(__name__)


@flask.get("/events/<topic>")
def events(topic: str) -> Response:
    sock = request.environ["gunicorn.socket"]
    stream = sse.event_stream(topic, request.headers.get("Last-Event-ID"), sock)
    return Response(stream, headers=event_frames.HEADERS)


@flask.get("/wait/<topic>")
def wait(topic: str) -> Response:
    with waiting(topic) as waiter:
        publish([Publication(topic, {"type": "asked"}, history=False)])
        return jsonify(waiter.first(lambda event: event["type"] == "answered", float(request.args["timeout"])))


def send(principal: Principal, params: dict[str, Any]) -> dict[str, Any]:
    """What `message.send` looks like to the socket."""
    if params.get("conversation_id") != principal.conversation_id:
        raise NotFound
    if params["content"] == "too much":
        raise TooMany("conversation", 6)
    message = {"id": str(uuid.uuid4()), "content": params["content"]}
    topic = f"conversation:{principal.conversation_id}"
    publish([Publication(topic, {"type": "message.created", "message": message}, key=message["id"])])
    return {"message_id": message["id"]}


def conflict(_principal: Principal, _params: dict[str, Any]) -> dict[str, Any]:
    raise Conflict


def bug(_principal: Principal, _params: dict[str, Any]) -> dict[str, Any]:
    raise ZeroDivisionError("secret")


registry = Registry()
conversation_topics.register(registry)
account_topics.register(registry)
registry.methods.add("message.send", send)
registry.methods.add("typing", methods.typing)
registry.methods.add("echo", lambda _principal, params: params)
registry.methods.add("conflict", conflict)
registry.methods.add("bug", bug)
options: dict[str, Any] = json.loads(os.environ.get("SOCKET_OPTIONS", "{}"))
options["origins"] = tuple(options.get("origins", ()))
application = Sockets(flask, registry, Options(**options))


def post_worker_init(worker: Any) -> None:
    """gunicorn's hook: this file is also its configuration."""
    worker.wsgi.close_when(lambda: not worker.alive, also=sse.close_all)
