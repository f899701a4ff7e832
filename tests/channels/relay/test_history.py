"""Recovery is whole, or says that it is not."""

import pytest

from channels.relay.events import Position
from channels.relay.history import positions, since
from channels.relay.publish import STREAM_KEPT, Publication, publish
from models.store.redis import redis


def _publish(topic: str, count: int) -> Position:
    publish([Publication(topic, {"n": n}) for n in range(1, count + 1)])
    return positions([topic])[0]


def test_exactly_what_was_missed(topic: str) -> None:
    top = _publish(topic, 10)
    missed = since(topic, Position(top.epoch, 7))
    assert missed.recovered
    assert missed.position == Position(top.epoch, 10)
    assert [event.data["n"] for event in missed.events] == [8, 9, 10]
    assert since(topic, top).recovered
    assert since(topic, top).events == ()


def test_a_topic_without_publications_has_an_epoch_from_the_first_look_on(topic: str) -> None:
    (seen,) = positions([topic])
    assert seen.offset == 0
    _publish(topic, 2)
    assert [event.data["n"] for event in since(topic, seen).events] == [1, 2]


def test_an_empty_stream_that_was_wiped_is_not_taken_for_the_same(topic: str) -> None:
    (seen,) = positions([topic])
    redis().delete(f"relay:meta:{topic}")
    _publish(topic, 2)
    assert not since(topic, seen).recovered


def test_a_trimmed_stream_is_not_recovered(topic: str) -> None:
    top = _publish(topic, STREAM_KEPT * 2)
    missed = since(topic, Position(top.epoch, 1))
    assert not missed.recovered
    assert missed.events == ()
    assert missed.position == top
    assert since(topic, Position(top.epoch, top.offset - 100)).recovered


def test_a_gap_is_not_recovered(topic: str) -> None:
    top = _publish(topic, 10)
    redis().xdel(f"relay:stream:{topic}", "8-0")
    assert not since(topic, Position(top.epoch, 5)).recovered
    assert since(topic, Position(top.epoch, 8)).recovered


def test_a_stream_that_has_expired_is_not_recovered(topic: str) -> None:
    top = _publish(topic, 3)
    redis().delete(f"relay:stream:{topic}")
    assert not since(topic, Position(top.epoch, 1)).recovered
    assert since(topic, top).recovered


def test_more_than_the_limit_is_not_recovered(topic: str) -> None:
    top = _publish(topic, 10)
    assert not since(topic, Position(top.epoch, 4), limit=5).recovered
    assert since(topic, Position(top.epoch, 5), limit=5).recovered


@pytest.mark.parametrize("offset", [4, 999_999_999])
def test_a_position_in_the_future_is_not_recovered(topic: str, offset: int) -> None:
    top = _publish(topic, 3)
    assert not since(topic, Position(top.epoch, offset)).recovered


def test_another_epoch_is_not_recovered(topic: str) -> None:
    _publish(topic, 3)
    assert not since(topic, Position("another", 3)).recovered
    assert not since(topic, Position("", 0)).recovered


@pytest.mark.parametrize("text", ["", "1", ":1", "a:", "a:-1", "a:1.0", "a:²", "a:" + "9" * 30])
def test_garbage_is_no_position(text: str) -> None:
    assert Position.parse(text) is None


def test_a_position_survives_being_written() -> None:
    assert Position.parse(str(Position("abc", 12))) == Position("abc", 12)
