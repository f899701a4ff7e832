"""A request that waits hears what happens from the moment it listens."""

import http.client
import json
import threading
import time
import uuid
from contextlib import closing
from itertools import islice

import pytest

from channels.relay.publish import Publication, ephemeral, publish
from ingress.streams.waiting import waiting
from models.errors import RedisAway
from tests.live import Redis, Server

pytestmark = pytest.mark.usefixtures("listening")


@pytest.fixture
def topic(redis_process: Redis) -> str:
    return f"conversation:{uuid.uuid4()}"


def test_what_happens_before_the_wait_begins_is_heard(topic: str) -> None:
    with waiting(topic) as waiter:
        publish([Publication(topic, {"type": "answered", "n": n}) for n in (1, 2)])
        found = waiter.first(lambda event: event["n"] == 2, timeout=5)
    assert found == {"type": "answered", "n": 2}


def test_the_time_is_kept(topic: str) -> None:
    with waiting(topic) as waiter:
        ephemeral(topic, {"type": "typing"})
        began = time.monotonic()
        assert waiter.first(lambda event: event["type"] == "answered", timeout=0.3) is None
    assert time.monotonic() - began >= 0.3
    assert not waiter.lost


def test_events_come_in_order_until_the_time_is_over(topic: str) -> None:
    with waiting(topic) as waiter:
        publish([Publication(topic, {"n": n}, history=n % 2 == 0) for n in range(20)])
        assert [event["n"] for event in islice(waiter.events(timeout=20), 20)] == list(range(20))
        assert list(waiter.events(timeout=0.1)) == []


def test_a_loss_ends_the_wait_at_once(topic: str) -> None:
    from models.store.redis import redis

    with waiting(topic) as waiter:
        publish([Publication(topic, {"n": 1})])
        assert waiter.first(lambda event: event["n"] == 1, timeout=5)
        redis().flushall()
        publish([Publication(topic, {"n": 2})])
        assert waiter.first(lambda event: event["n"] == 2, timeout=30) is None
        assert waiter.lost


def test_without_redis_nothing_waits(topic: str, redis_process: Redis) -> None:
    redis_process.kill()
    try:
        with pytest.raises(RedisAway), waiting(topic):
            pass
    finally:
        redis_process.start()


def test_many_requests_wait_for_one_answer(shared: Server, topic: str) -> None:
    answers: list[object] = []

    def ask() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", shared.port, timeout=60)) as asked:
            asked.request("GET", f"/wait/{topic}?timeout=45")
            answers.append(json.loads(asked.getresponse().read()))

    with waiting(topic) as waiter:
        requests = [threading.Thread(target=ask) for _ in range(20)]
        for request in requests:
            request.start()
        for _ in range(20):
            assert waiter.first(lambda event: event["type"] == "asked", timeout=30)
    publish([Publication(topic, {"type": "answered", "n": 7})])
    for request in requests:
        request.join()
    assert answers == [{"type": "answered", "n": 7}] * 20
