"""What we are measured against: a bare Flask route with one `delay()`, and one with an empty two-task Celery chain.

Broker, persistence, acks, events, pools and server are ours. The second task is empty unless it is given a mark: then it
publishes it, so that a round trip can be timed.
"""

from __future__ import annotations

import os

from celery import Celery
from flask import Flask, request
from redis import Redis

celery = Celery("peer", broker=os.environ.get("PEER_BROKER"))
celery.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=True,
    task_send_sent_event=True,
    task_routes={"first": {"queue": "one"}, "second": {"queue": "two"}, "only": {"queue": "one"}},
)
redis = Redis(unix_socket_path=os.environ.get("PEER_REDIS", ""), db=int(os.environ.get("PEER_DATABASE", "0")))


@celery.task(name="only")
def only() -> None:
    """Nothing."""


@celery.task(name="first")
def first(mark: str) -> None:
    """Nothing; the second follows."""
    second.delay(mark)


@celery.task(name="second")
def second(mark: str) -> None:
    """Nothing, or a word for the one who times the round."""
    if mark:
        redis.publish("peer", mark)


def create_app() -> Flask:
    """The routes."""
    app = Flask("peer")

    @app.post("/one")
    def one() -> tuple[dict[str, bool], int]:
        only.delay()
        return {"ok": True}, 202

    @app.post("/chain")
    def chain() -> tuple[dict[str, bool], int]:
        first.delay(request.get_json().get("mark", ""))
        return {"ok": True}, 202

    return app
