"""The accept script: sequence, idempotency, limits, room, and when to wake."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models import ledger, limits
from models.clock import SECOND, microseconds
from models.errors import Invalid, LedgerFull, RedisAway, TooMany
from models.ledger import Idempotency
from models.ledger.inbound import Inbound
from models.limits import Limit
from models.store.redis import redis
from tests.models import samples
from tests.stores import Stores, fresh


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with fresh("sqlite", tmp_path) as opened:
        yield opened


def a_message(key: str = "c") -> Inbound:
    return samples.inbound(key, "someone")


def test_sequences_rise_within_a_shard_even_for_many_at_once(stores: Stores) -> None:
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda _: ledger.accept(a_message()).sequence, range(400)))
    entries = ledger.entries(ledger.shard_of("c"), 1000)
    assert [e.sequence for e in entries] == sorted(told)
    assert len(set(told)) == 400
    assert abs(entries[-1].sequence - microseconds()) < 60 * SECOND


def test_the_clock_going_back_does_not_send_the_sequence_back(stores: Stores) -> None:
    future = microseconds() + 3600 * SECOND
    redis().hset(f"ledger-state:{ledger.shard_of('c')}", "last", str(future))
    assert ledger.accept(a_message()).sequence == future + 1


def test_only_an_idle_shard_is_woken(stores: Stores) -> None:
    first, second = ledger.accept(a_message()), ledger.accept(a_message())
    assert (first.wake, second.wake) == (True, False)
    ledger.strike(ledger.shard_of("c"), second.sequence)
    assert ledger.accept(a_message()).wake


def test_a_shard_whose_head_has_waited_is_woken_again_once_a_second(stores: Stores) -> None:
    shard = ledger.shard_of("c")
    ledger.accept(a_message())
    old = redis().lpop(f"ledger:{shard}")
    redis().lpush(f"ledger:{shard}", f"{microseconds() - 5 * SECOND} {str(old).split(' ', 1)[1]}")
    redis().hset(f"ledger-state:{shard}", "woken", str(microseconds() - 5 * SECOND))
    assert [ledger.accept(a_message()).wake for _ in range(3)] == [True, False, False]


def test_strike_leaves_what_came_later_and_what_another_receiver_left(stores: Stores) -> None:
    sequences = [ledger.accept(a_message()).sequence for _ in range(5)]
    shard = ledger.shard_of("c")
    assert ledger.strike(shard, sequences[2]) == 2
    assert ledger.strike(shard, sequences[1]) == 2
    assert [e.sequence for e in ledger.entries(shard, 10)] == sequences[3:]


def test_the_same_key_and_body_give_the_same_id_and_one_entry(stores: Stores) -> None:
    once = Idempotency("k", "body")
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(lambda _: ledger.accept(a_message(), (), once), range(10)))
    assert len({t.id for t in told}) == 1
    assert sum(not t.known for t in told) == 1
    assert ledger.depth() == 1


def test_the_same_key_with_another_body_is_refused(stores: Stores) -> None:
    ledger.accept(a_message(), (), Idempotency("k", "one"))
    with pytest.raises(Invalid):
        ledger.accept(a_message(), (), Idempotency("k", "two"))
    assert ledger.depth() == 1


def test_a_limit_refuses_with_the_seconds_to_wait_and_counts_nothing_then(stores: Stores) -> None:
    few = (Limit("few", "x", 3), Limit("many", "y", 100))
    remaining = [[s.remaining for s in ledger.accept(a_message(), few).standings] for _ in range(3)]
    assert remaining == [[2, 99], [1, 98], [0, 97]]
    for _ in range(5):
        with pytest.raises(TooMany) as refused:
            ledger.accept(a_message(), few)
        assert refused.value.limit == "few"
        assert 19 < refused.value.retry_after <= 20
    assert ledger.depth() == 3
    assert ledger.accept(a_message(), (Limit("many", "y", 100),)).standings[0].remaining == 96


def test_a_limit_that_does_not_refuse_puts_the_answer_off(stores: Stores) -> None:
    sender = (Limit("sender", "s", 2, refuses=False),)
    for _ in range(4):
        ledger.accept(a_message(), sender)
    now = microseconds()
    waits = [max(0, e.answer_after - now) // SECOND for e in ledger.entries(ledger.shard_of("c"), 10)]
    assert waits[:2] == [0, 0]
    assert 28 <= waits[2] <= 30
    assert 58 <= waits[3] <= 60


def test_a_known_key_is_answered_even_beyond_the_limit(stores: Stores) -> None:
    one = (Limit("one", "x", 1),)
    first = ledger.accept(a_message(), one, Idempotency("k", "b"))
    assert ledger.accept(a_message(), one, Idempotency("k", "b")).id == first.id


def test_a_full_ledger_says_so(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.settings import settings

    monkeypatch.setenv("LEDGER_MAX", "3")
    settings.cache_clear()
    for n in range(3):
        ledger.accept(a_message(f"c{n}"))
    with pytest.raises(LedgerFull):
        ledger.accept(a_message("another shard, the same ledger"))
    assert ledger.depth() == 3


def test_redis_away_is_said_and_over_when_it_is_back(stores: Stores) -> None:
    accepted = ledger.accept(a_message())
    stores.redis.kill()
    with pytest.raises(RedisAway):
        ledger.accept(a_message())
    stores.redis.start()
    assert [e.sequence for e in ledger.entries(ledger.shard_of("c"), 10)] == [accepted.sequence]


def test_an_envelope_comes_back_as_it_went_in(stores: Stores) -> None:
    sent = samples.inbound("c", "someone", "“quotes”, 👩‍👩‍👧, \n new lines and \\ slashes " * 100)
    ledger.accept(sent)
    found = ledger.find("c", sent.id)
    assert found is not None
    assert found.inbound == sent
    assert ledger.find("c", str(uuid.uuid4())) is None


def test_limits_alone_count_by_the_same_rule(stores: Stores) -> None:
    two = (Limit("two", "z", 2),)
    assert [limits.count(two)[0].remaining for _ in range(2)] == [1, 0]
    with pytest.raises(TooMany):
        limits.count(two)
