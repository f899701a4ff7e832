"""Prometheus metrics of this process, and gauges of the whole deployment, which are read on request."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from models import ledger, trail
from models.conversations import conversations
from models.errors import Unavailable
from models.health import heartbeats, model_calls
from models.store.database import reading
from workers.runtime.chains import QUEUES

REGISTRY = CollectorRegistry()
REQUESTS = Counter("switchboard_http_requests", "Requests", ("route", "status"), registry=REGISTRY)
SECONDS = Histogram("switchboard_http_seconds", "Seconds until the response began", ("route",), registry=REGISTRY)

SOCKETS = Gauge("switchboard_sockets", "Open sockets of this process", registry=REGISTRY)


class Deployment(Collector):
    """Metrics that are the same in every process: gauges, and what the workers have counted."""

    def collect(self) -> Iterator[Metric]:
        """Reads the ledger, the heartbeats, the model calls and the dead letters. Omits what cannot be reached."""
        try:
            yield GaugeMetricFamily("switchboard_ledger_depth", "Accepted, not yet stored", ledger.depth())
            ages = GaugeMetricFamily("switchboard_heartbeat_age_seconds", "Since a queue was at work", labels=["queue"])
            for queue, age in heartbeats.ages(QUEUES).items():
                ages.add_metric([queue], -1 if age is None else age)
            yield ages
            yield _model_calls()
        except Unavailable:
            pass
        try:
            counts = _row_counts()
        except Unavailable:
            return
        for name, text in (("dead_letters", "Not replayed"), ("pending_messages", "Stored, not yet answered")):
            yield GaugeMetricFamily(f"switchboard_{name}", text, counts[name])


def _model_calls() -> Metric:
    calls = CounterMetricFamily(
        "switchboard_model_calls", "Calls of providers' models", labels=["model", "kind", "outcome"]
    )
    for labels, number in model_calls.counts().items():
        calls.add_metric(labels, number)
    return calls


def _row_counts() -> dict[str, int]:
    with reading() as db:
        return {
            "dead_letters": trail.open_dead_letters(db),
            "pending_messages": conversations.pending_messages(db),
        }


REGISTRY.register(Deployment())


def register(app: Flask) -> None:
    """Counts every request by its route, never by its path: ids must not become labels."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unknown"
        REQUESTS.labels(route, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - g.began)
        return response
