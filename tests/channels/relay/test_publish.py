"""Publishing in one step, once."""

from typing import Any

import pytest

from channels.relay.events import Position, Version
from channels.relay.history import positions, since
from channels.relay.publish import Publication, ephemeral, publish
from channels.relay.subscriber import subscriber
from models.errors import RedisAway
from models.store.redis import redis
from tests.channels.relay.listening import Remembers
from tests.live import Redis


def _kept(topic: str) -> list[Any]:
    (top,) = positions([topic])
    return [event.data["n"] for event in since(topic, Position(top.epoch, 0)).events]


def test_a_batch_is_kept_and_heard_in_its_order(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    publish([Publication(topic, {"n": n, "text": "🙂\n"}) for n in range(40)])
    listener.wait_for(list(range(1, 41)))
    assert [event.data for event in listener.events] == [{"n": n, "text": "🙂\n"} for n in range(40)]
    assert _kept(topic) == list(range(40))


def test_a_key_is_published_once_however_often_it_is_tried(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    for _ in range(3):
        publish([Publication(topic, {"n": n}, key=f"message-{n}") for n in (1, 2, 2)])
    publish([Publication(topic, {"n": 3}, key="message-3")])
    listener.wait_for([1, 2, 3])
    assert _kept(topic) == [1, 2, 3]


def test_a_key_belongs_to_its_topic(topic: str) -> None:
    publish([Publication(topic, {"n": 1}, key="k"), Publication(f"{topic}-other", {"n": 2}, key="k")])
    assert (_kept(topic), _kept(f"{topic}-other")) == ([1], [2])


def test_keys_live_as_long_as_the_stream_and_the_epoch_far_longer(topic: str) -> None:
    publish([Publication(topic, {"n": 1}, key="k")])
    names = (f"stream:{topic}", f"done:{topic}:k", f"meta:{topic}")
    lives: list[Any] = [redis().ttl(f"relay:{name}") for name in names]
    stream, key, meta = lives
    assert 0 < stream <= key <= 24 * 3600
    assert meta > 30 * 24 * 3600


def test_what_is_ephemeral_is_heard_and_not_kept(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    ephemeral(topic, {"type": "typing"})
    publish([Publication(topic, {"n": 1}), Publication(topic, {"n": 2}, history=False), Publication(topic, {"n": 3})])
    listener.wait_for([None, 1, None, 2])
    assert _kept(topic) == [1, 3]


def test_a_lone_surrogate_stops_nobody(topic: str) -> None:
    publish([Publication(topic, {"n": "\ud83d"})])
    assert _kept(topic) == ["?"]


def test_redis_away_is_said_and_trying_again_with_the_key_is_safe(topic: str, server: Redis) -> None:
    publish([Publication(topic, {"n": 1}, key="1")])
    server.kill()
    try:
        with pytest.raises(RedisAway):
            publish([Publication(topic, {"n": 2}, key="2")])
    finally:
        server.start()
    publish([Publication(topic, {"n": n}, key=str(n)) for n in (1, 2)])
    assert _kept(topic) == [1, 2]


def _versioned(topic: str, number: int, of: str = "conversation:c") -> Publication:
    return Publication(topic, {"n": number}, version=Version(of, number))


def test_what_is_older_than_what_was_told_is_dropped(topic: str) -> None:
    listener = Remembers()
    subscriber().subscribe(topic, listener)
    for number in (2, 1, 2, 4, 3):
        publish([_versioned(topic, number)])
    publish([Publication(topic, {"n": "last"})])
    listener.wait_for([1, 2, 3])
    assert _kept(topic) == [2, 4, "last"]


def test_a_version_belongs_to_one_thing_of_one_topic(topic: str) -> None:
    other = f"{topic}-other"
    publish([_versioned(topic, 5), _versioned(topic, 1, "conversation:d"), _versioned(other, 1)])
    assert (_kept(topic), _kept(other)) == ([5, 1], [1])


def test_versions_are_compared_as_numbers(topic: str) -> None:
    publish([_versioned(topic, number) for number in (9, 10, 9, 2_000_000_000)])
    assert _kept(topic) == [9, 10, 2_000_000_000]


def test_a_version_is_remembered_as_long_as_the_stream(topic: str) -> None:
    publish([_versioned(topic, 1)])
    assert redis().ttl(f"relay:seen:{topic}:conversation:c") == redis().ttl(f"relay:stream:{topic}")
