"""Entries that no honest ingress writes: none may hold up its shard, and none may vanish without a word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from models import ledger
from models.conversations import conversations, messages
from models.ledger.inbound import Inbound
from models.store.database import reading, session
from models.store.redis import redis
from models.trail import DeadLetter
from tests.models import samples
from tests.stores import Stores, fresh
from workers import sweep
from workers.conversations import receive, upkeep
from workers.runtime import wakes
from workers.runtime.wakes import Wake


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def woken() -> list[Wake]:
    """What a round of the sweeper wakes for the ledger."""
    return [wake for effects in upkeep.wake_receivers() for wake in effects.wakes]


def put(inbound: Inbound, body: str) -> int:
    """Lays an entry with this body before a good one of the same shard."""
    shard = ledger.shard_of(inbound.order_key)
    redis().rpush(f"ledger:{shard}", f"1 0 {body}")
    ledger.accept(inbound)
    return shard


def contents(conversation_id: str) -> list[str]:
    with reading() as db:
        return [m.content for m in messages.page(db, conversation_id, 0, 100)]


def letters() -> list[DeadLetter]:
    with reading() as db:
        return list(db.execute(select(DeadLetter)).scalars())


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "5", "{}", '{"id":5}', "[" * 100_000, '{"id":"x","content":"no order key"}', "9" * 5000],
)
def test_garbage_is_buried_alone(stores: Stores, body: str) -> None:
    conversation_id, contact_id = samples.conversation()
    shard = put(samples.inbound(conversation_id, contact_id, "behind it"), body)
    assert woken() == [wakes.receiver(shard)]
    receive.receive(shard)
    assert contents(conversation_id) == ["behind it"]
    assert [letter.kind for letter in letters()] == ["damaged"]
    assert ledger.depth() == 0


def test_an_entry_without_a_sequence_is_buried_too(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    shard = ledger.shard_of(conversation_id)
    redis().rpush(f"ledger:{shard}", "garbage")
    ledger.accept(samples.inbound(conversation_id, contact_id, "behind it"))
    sweep.sweep()
    receive.receive(shard)
    assert (contents(conversation_id), len(letters()), ledger.depth()) == (["behind it"], 1, 0)


def test_a_field_of_a_newer_version_is_left_out(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    newer = samples.inbound(conversation_id, contact_id, "from a newer ingress")
    shard = put(samples.inbound(conversation_id, contact_id, "second"), json.dumps(asdict(newer) | {"shape": 2}))
    receive.receive(shard)
    assert contents(conversation_id) == ["from a newer ingress", "second"]
    assert letters() == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_does_not_stop_the_shard(stores: Stores, number: str) -> None:
    """PostgreSQL takes no such number, neither in a message nor in a dead letter."""
    conversation_id, contact_id = samples.conversation()
    odd = asdict(samples.inbound(conversation_id, contact_id, "odd")) | {"metadata": {"a": float(number)}}
    shard = put(samples.inbound(conversation_id, contact_id, "second"), json.dumps(odd))
    receive.receive(shard)
    assert contents(conversation_id) == ["odd", "second"]
    with reading() as db:
        assert conversations.get(db, conversation_id).pending == 2
        assert messages.page(db, conversation_id, 0, 1)[0].facts == {"a": number}
    assert ledger.depth() == 0


def test_errors_of_the_database_show_no_content(stores: Stores) -> None:
    """Their text goes to the log."""
    with session() as db, pytest.raises(SQLAlchemyError) as raised:
        db.execute(text("SELECT :said FROM nothing_such"), {"said": "secret words"})
    assert "secret words" not in str(raised.value)


def test_a_database_that_was_not_migrated_buries_nothing(stores: Stores) -> None:
    """A worker of a newer version may start first."""
    conversation_id, contact_id = samples.conversation()
    shard = ledger.shard_of(conversation_id)
    ledger.accept(samples.inbound(conversation_id, contact_id, "waits"))
    with _without_a_column():
        receive.receive(shard)
        assert (letters(), ledger.depth()) == ([], 1)
    receive.receive(shard)
    assert contents(conversation_id) == ["waits"]


@contextmanager
def _without_a_column() -> Iterator[None]:
    _rename("trace_id", "another")
    try:
        yield
    finally:
        _rename("another", "trace_id")


def _rename(before: str, after: str) -> None:
    with session() as db:
        db.execute(text(f"ALTER TABLE message RENAME COLUMN {before} TO {after}"))
