"""One subscriber a process: nothing falls between history and live, nor into a lost connection."""

import threading
from itertools import count
from typing import Any

import pytest

from channels.relay.events import Position
from channels.relay.history import since
from channels.relay.mailbox import HOLDS_BYTES, Lost, Mailbox
from channels.relay.publish import Publication, arguments_of, publish
from channels.relay.scripts import _script
from channels.relay.subscriber import subscriber
from models.errors import RedisAway
from models.store.redis import redis
from tests.channels.relay.listening import Remembers
from tests.live import Redis, until


def _disconnect_and(*steps: tuple[str, str]) -> None:
    """Cuts every subscriber off and, before any can come back, does the steps: all in one transaction."""
    pipe = redis().pipeline(transaction=True)
    pipe.client_kill_filter(_type="pubsub")
    for kind, topic in steps:
        if kind == "publish":
            _script("publish")(args=arguments_of([Publication(topic, {"n": 0})]), client=pipe)
        elif kind == "forget":
            pipe.delete(f"relay:stream:{topic}")
        else:
            pipe.flushall()
    pipe.execute()


def test_what_a_lost_connection_missed_is_made_good_in_order(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    publish([Publication(topic, {"n": 1})])
    listener.wait_for([1])
    _disconnect_and(*[("publish", topic)] * 5)
    publish([Publication(topic, {"n": 7})])
    listener.wait_for([1, 2, 3, 4, 5, 6, 7])


def test_it_is_made_good_on_topics_that_were_silent_before(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    _disconnect_and(("publish", topic))
    listener.wait_for([1])


def test_a_wiped_redis_is_a_loss_and_the_stream_goes_on(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    publish([Publication(topic, {"n": 1})])
    listener.wait_for([1])
    _disconnect_and(("wipe", ""), ("publish", topic))
    listener.wait_for([1, "lost"])
    publish([Publication(topic, {"n": 2})])
    listener.wait_for([1, "lost", 2])


def test_a_wiped_redis_is_noticed_without_a_lost_connection(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    publish([Publication(topic, {"n": 1})])
    redis().flushall()
    publish([Publication(topic, {"n": 1}), Publication(topic, {"n": 2})])
    listener.wait_for([1, "lost"])


def test_a_gap_in_the_history_is_a_loss(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    _disconnect_and(("publish", topic), ("forget", topic))
    listener.wait_for(["lost"])


def test_redis_killed_and_started_again(topic: str, server: Redis) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    publish([Publication(topic, {"n": 1})])
    server.kill()
    server.start()
    publish([Publication(topic, {"n": 2})])
    listener.wait_for([1, 2])
    fresh = Remembers()
    assert subscriber().subscribe(f"{topic}-new", fresh).offset == 0


def test_subscribing_without_redis_is_refused_in_time(topic: str, server: Redis) -> None:
    subscriber().subscribe(topic, Remembers())
    server.kill()
    try:
        with pytest.raises(RedisAway):
            subscriber().subscribe(f"{topic}-new", Remembers())
    finally:
        server.start()


def test_a_topic_is_let_go_when_the_last_listener_has_gone(topic: str) -> None:
    def subscribers() -> int:
        counted: Any = redis().pubsub_numsub(f"relay:{topic}")
        return int(counted[0][1])

    first, second = Remembers(), Remembers()
    subscriber().subscribe(topic, first)
    subscriber().subscribe(topic, second)
    subscriber().unsubscribe(topic, first)
    publish([Publication(topic, {"n": 1})])
    second.wait_for([1])
    assert first.heard == []
    subscriber().unsubscribe(topic, second)
    until(lambda: subscribers() == 0, 20)
    subscriber().subscribe(topic, first)
    publish([Publication(topic, {"n": 2})])
    first.wait_for([2])


def test_one_listeners_fault_is_not_anothers(topic: str) -> None:
    class Faulty(Remembers):
        def publication(self, event: object) -> None:
            raise ZeroDivisionError

    healthy = Remembers()
    subscriber().subscribe(topic, Faulty())
    subscriber().subscribe(topic, healthy)
    publish([Publication(topic, {"n": 1}), Publication(topic, {"n": 2})])
    healthy.wait_for([1, 2])


def test_live_and_history_meet_without_gap_or_double_under_load(topic: str) -> None:
    """While a publisher hammers, readers come, read the history since 0 and go on live: each sees each exactly once."""
    (start,) = (subscriber().subscribe(topic, Remembers()),)
    stop, readers = threading.Event(), []

    def hammer() -> None:
        for n in count(1):
            publish([Publication(topic, {"n": n})] * 3)
            if stop.is_set() or n >= 90:
                return

    publisher = threading.Thread(target=hammer)
    publisher.start()
    while publisher.is_alive():
        listener = Remembers()
        subscriber().subscribe(topic, listener)
        missed = since(topic, Position(start.epoch, 0))
        assert missed.recovered
        readers.append((listener, [event.position.offset for event in missed.events if event.position]))
    last = since(topic, start).position.offset
    assert len(readers) > 10
    for listener, told in readers:
        top = told[-1] if told else 0
        if top < last:
            listener.hears(last)
        live = [offset for offset in listener.heard if isinstance(offset, int) and offset > top]
        assert told + live == list(range(1, last + 1))


def test_a_full_mailbox_says_lost_and_takes_no_more(topic: str) -> None:
    cut: list[bool] = []
    mailbox = Mailbox(on_overflow=lambda: cut.append(True))
    subscriber().subscribe(topic, mailbox)
    publish([Publication(topic, {"text": "x" * (HOLDS_BYTES // 4)}, history=False) for _ in range(8)])
    until(lambda: cut)
    taken = [mailbox.take(1) for _ in range(4)]
    assert isinstance(taken[3], Lost)
    assert mailbox.take(0) is None
    assert cut == [True]
