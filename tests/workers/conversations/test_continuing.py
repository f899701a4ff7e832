"""Who follows a conversation that was closed long ago hears where it goes on, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models import ledger
from models.conversations import intake
from models.store.database import session
from models.store.redis import redis
from tests.models import samples
from tests.models.conversations.test_intake import close, state, stored
from tests.models.conversations.test_successors import long_closed, of_contact
from tests.stores import Stores, fresh
from tests.workers.conversations.test_users import told
from workers.conversations import answer, receive


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def send(conversation_id: str, sender: str) -> None:
    ledger.accept(samples.inbound(conversation_id, sender, "What is Switchboard?"))
    receive.receive(ledger.shard_of(conversation_id))


def moves(topic: str) -> list[tuple[str, str, str | None]]:
    """(conversation, state, continued by) of what a topic was told."""
    shown = [event["conversation"] for event in told(topic) if event["type"] == "conversation.state"]
    return [(one["id"], one["state"], one["continued_by"]) for one in shown]


def test_the_old_topic_names_the_successor_with_every_message_and_the_answer_is_there(stores: Stores) -> None:
    old, contact_id = long_closed()
    send(old, contact_id)
    _, successor = of_contact(contact_id)
    assert moves(f"conversation:{old}") == [(old, "closed", successor)]
    assert moves(f"conversation:{successor}") == [(successor, "agent", None)]
    answer.answer([successor])
    assert [m.author_kind for m in stored(successor)] == ["contact", "agent"]
    send(old, contact_id)
    assert moves(f"conversation:{old}") == [(old, "closed", successor)] * 2
    created = [
        e["message"]["conversation_id"] for e in told(f"conversation:{successor}") if e["type"] == "message.created"
    ]
    assert created == [successor] * 3
    assert [e["type"] for e in told(f"conversation:{old}")] == ["conversation.state"] * 2


def test_a_user_s_devices_hear_of_both(stores: Stores) -> None:
    user_id = samples.user()
    old = samples.users_conversation(user_id)
    close(old, hours_ago=25)
    send(old, user_id)
    successor = state(old).continued_by
    assert successor
    assert moves(f"user:{user_id}") == [(old, "closed", successor), (successor, "agent", None)]


@pytest.mark.parametrize("published", [True, False])
def test_what_a_crash_has_left_untold_is_told_once_by_the_next_receiver(stores: Stores, published: bool) -> None:
    """Before the telling, or between it and the striking of the entry."""
    old, contact_id = long_closed()
    shard = ledger.shard_of(old)
    ledger.accept(samples.inbound(old, contact_id))
    if published:
        kept: Any = redis().lrange(f"ledger:{shard}", 0, -1)
        receive.receive(shard)
        redis().rpush(f"ledger:{shard}", *kept)
    else:
        with session() as db:
            intake.receive(db, ledger.entries(shard, 10))
    _, successor = of_contact(contact_id)
    assert len(moves(f"conversation:{old}")) == int(published)
    receive.receive(shard)
    assert of_contact(contact_id) == [old, successor]
    assert moves(f"conversation:{old}") == [(old, "closed", successor)]
    assert moves(f"conversation:{successor}") == [(successor, "agent", None)]
    assert ledger.depth() == 0
