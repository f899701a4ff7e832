"""A Redis that answers and takes nothing: 503 with Retry-After for messages, and /ready says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from ingress import create_app
from models.store.redis import redis
from tests.ingress.channels.test_webhooks import post
from tests.ingress.conftest import SECRET, Started, Visitor, check_problem


def full() -> None:
    redis().config_set("maxmemory", "1")


def replica() -> None:
    redis().execute_command("REPLICAOF", "127.0.0.1", "1")


@pytest.mark.parametrize(("break_it", "word"), [(full, "full"), (replica, "away")])
def test_a_redis_that_takes_no_writes(client: FlaskClient, break_it: Callable[[], None], word: str) -> None:
    visitor = Visitor(create_app().test_client())  # an app that remembers nobody's health
    client = visitor.client
    assert client.get("/ready").status_code == 200
    break_it()
    try:
        told = visitor.send()
        problem = check_problem(told, 503)
        assert ("waiting to be stored" in problem["title"]) == (word == "full")
        assert int(told.headers["Retry-After"]) >= 1
        unready = client.get("/ready")
        check_problem(unready, 503)
        assert int(unready.headers["Retry-After"]) >= 1
        assert client.get("/health").get_json()["parts"]["redis"] == word
    finally:
        redis().execute_command("REPLICAOF", "NO", "ONE")
        redis().config_set("maxmemory", "0")
    assert client.get("/ready").status_code == 200
    assert visitor.send().status_code == 202


def test_a_source_has_one_name_however_it_is_spelled(started: Started) -> None:
    """The signature does not cover the address: the same callback sent to the other spelling was a second message."""
    client = started(INBOUND_SECRET_MY_SHOP=SECRET)
    told = [post(client, {"text": "hi", "sender": "ann"}, source).get_json() for source in ("my-shop", "my_shop")]
    assert told[0] == told[1]
    check_problem(post(client, {"text": "hi"}, "MY_SHOP"), 401)
