"""What machines and people ask of a deployment: who are you, are you alive, are you ready, how much."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from flask import Response, jsonify, redirect
from flask_openapi3 import APIBlueprint, Tag
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.wrappers import Response as Redirect

from ingress.http.described import LOCATION, answers, streams
from ingress.http.preferences import wants_page
from ingress.http.problem_types import NOT_READY
from ingress.http.problems import problem
from ingress.identity.callers import public
from ingress.ops import health, metrics
from ingress.ops.responses import Health, Index, InsightEvent, Ready
from ingress.streams.event_frames import encode, event_response
from ingress.version import VERSION
from models.clock import microseconds, rfc3339

api = APIBlueprint(
    "ops",
    __name__,
    abp_tags=[Tag(name="Operation", description="Health, metrics and a test stream")],
)

METRICS: dict[str, Any] = {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}}
TO_CHAT: dict[str, Any] = {
    "description": "A browser is sent to the chat page.",
    "content": {"text/html": {"schema": {"type": "string"}}},
    "headers": {"Location": {"description": "The chat page.", "required": True, "schema": dict(LOCATION.schema)}},
}
STEPS = (
    ("started", "system", "The test stream begins.", 0),
    ("agent_thinking", "tester", "Thinking about nothing in particular.", 20),
    ("tool_execution", "tester", "A tool was called.", 50),
    ("agent_response", "tester", "This is an answer.", 80),
    ("completed", "system", "The test stream ends.", 100),
    ("error", "system", "This is what an error looks like.", 100),
)


@api.get(
    "/",
    operation_id="getIndex",
    summary="Get the name, the version and links",
    responses={"200": Index, "302": TO_CHAT},
)
@public
def index() -> Response | Redirect:
    """What this is and where things are. A browser is sent to the chat page."""
    response = redirect("/chat") if wants_page() else jsonify(_index())
    response.vary.add("Accept")
    return response


def _index() -> dict[str, Any]:
    links = {"chat": "/chat", "signin": "/signin", "docs": "/docs", "redoc": "/redoc", "openapi": "/openapi.json"}
    links["asyncapi"] = "/asyncapi.yaml"
    return {"name": "Switchboard", "version": VERSION, "links": links | {"health": "/health", "metrics": "/metrics"}}


@api.get("/health", operation_id="getHealth", summary="Get the state of every part", responses={"200": Health})
@public
def parts() -> dict[str, Any]:
    """Alive; names and states only. `ok` is true when every part is."""
    states = health.parts()
    return {"ok": health.all_well(states), "version": VERSION, "parts": states}


@api.get("/ready", operation_id="getReadiness", summary="Check whether this process can work", responses={"200": Ready})
@public
@answers(503)
def ready() -> Response | dict[str, Any]:
    """503 with the reason while the ledger cannot take messages, or a write hangs. The database may be away: messages are
    kept. `detail` names the models that cannot answer, and the settings that they lack."""
    reason = health.not_ready()
    if reason is None:
        detail = health.warning()
        return {"ready": True} | ({"detail": detail} if detail else {})
    response = problem(NOT_READY, reason)
    response.headers["Retry-After"] = "2"
    return response


@api.get("/metrics", operation_id="getMetrics", summary="Get metrics for Prometheus", responses={"200": METRICS})
@public
def prometheus() -> Response:
    """Counts and gauges in Prometheus' text format; no content and no addresses."""
    return Response(generate_latest(metrics.REGISTRY), content_type=CONTENT_TYPE_LATEST)


@api.get("/api/test-stream", operation_id="streamTestEvents", summary="Stream one event of each kind")
@public
@streams(InsightEvent)
def test_stream() -> Response:
    """A finite stream with one of each insight event, to try a client without a model."""

    def steps() -> Iterator[bytes]:
        for kind, agent, text, progress in STEPS:
            data = {
                "event_type": kind,
                "timestamp": rfc3339(microseconds()),
                "agent_name": agent,
                "message": text,
                "data": {"progress": progress},
            }
            yield encode(kind, data)
            time.sleep(0.05)

    return event_response(steps())
