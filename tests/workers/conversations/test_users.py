"""A user's messages through the stages, and a day of silence: what is stored, and what the user's devices are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from channels.relay import publish as relay
from models import ledger
from models.conversations import conversations, leases, messages
from models.conversations.adoption import take_over
from models.conversations.conversations import WAITING
from models.people import contacts
from models.store.database import reading, session
from models.store.redis import redis
from models.trail import tool_calls
from tests.models import samples
from tests.models.conversations.test_intake import close, state, stored
from tests.models.conversations.test_replies import take
from tests.models.conversations.test_silence import age
from tests.stores import Stores, fresh
from workers import sweep
from workers.conversations import answer, receive, tools, upkeep


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def told(topic: str) -> list[dict[str, Any]]:
    """The history of a topic."""
    return [json.loads(fields["d"]) for _, fields in redis().xrange(f"relay:stream:{topic}")]


def states(user_id: str) -> list[str]:
    """The states that a user's devices were told."""
    return [event["conversation"]["state"] for event in told(f"user:{user_id}")]


def go(conversation_id: str, sender: str, content: str) -> None:
    """A message's whole way."""
    ledger.accept(samples.inbound(conversation_id, sender, content))
    receive.receive(ledger.shard_of(conversation_id))
    answer.answer([conversation_id])


def test_a_user_is_answered_and_only_the_conversation_s_topic_has_the_messages(stores: Stores) -> None:
    user_id = samples.user(full_name="Ann Lee")
    conversation_id = samples.users_conversation(user_id)
    go(conversation_id, user_id, "What is Switchboard?")
    asked, reply = stored(conversation_id)
    assert (asked.author_kind, asked.author_name, asked.status) == ("user", "Ann Lee", "answered")
    assert (reply.author_kind, reply.in_reply_to) == ("agent", asked.id)
    events = [(e["type"], e["message"]["id"]) for e in told(f"conversation:{conversation_id}") if "message" in e]
    assert events == [("message.created", asked.id), ("message.created", reply.id), ("message.updated", asked.id)]
    assert told(f"user:{user_id}") == []


def test_the_agent_sees_a_user_s_earlier_messages_as_the_user_s(stores: Stores) -> None:
    user_id = samples.user()
    conversation_id = samples.users_conversation(user_id)
    go(conversation_id, user_id, "What is Switchboard?")
    ledger.accept(samples.inbound(conversation_id, user_id, "and now?"))
    receive.receive(ledger.shard_of(conversation_id))
    (work,) = take(conversation_id)
    assert [turn.role for turn in answer._question(work).history] == ["user", "assistant"]


def test_a_user_s_devices_hear_of_a_reopening_and_of_a_hand_off_by_the_agent(stores: Stores) -> None:
    user_id = samples.user()
    conversation_id = samples.users_conversation(user_id)
    close(conversation_id, hours_ago=1)
    go(conversation_id, user_id, "hello")
    assert states(user_id) == ["agent"]
    go(conversation_id, user_id, "I want to talk to a person")
    assert state(conversation_id).state == WAITING
    assert states(user_id) == ["agent", WAITING]
    close(conversation_id, hours_ago=30)
    go(conversation_id, user_id, "again")
    successor = told(f"user:{user_id}")[-1]["conversation"]
    assert (successor["state"], successor["user"]) == ("agent", user_id)
    assert successor["id"] != conversation_id


def test_a_day_of_silence_is_told_once(stores: Stores) -> None:
    user_id = samples.user()
    mine = samples.users_conversation(user_id)
    visitors, _ = samples.conversation()
    busy = samples.users_conversation(user_id)
    for conversation_id in (mine, visitors):
        age(conversation_id)
    for _ in range(3):
        sweep.sweep()
    assert states(user_id) == ["closed"]
    for conversation_id in (mine, visitors):
        assert [e["conversation"]["state"] for e in told(f"conversation:{conversation_id}")] == ["closed"]
        assert (state(conversation_id).state, state(conversation_id).due_at) == ("closed", None)
    assert state(busy).state == "agent"


@pytest.mark.parametrize("published", [True, False])
def test_a_closing_that_was_cut_off_is_told_by_the_next_sweep(stores: Stores, published: bool) -> None:
    """Before the telling, or between it and the note that it is done."""
    user_id = samples.user()
    mine = samples.users_conversation(user_id)
    age(mine)
    step = upkeep.close_silent()
    effects = next(step)
    if published:
        relay.publish(effects.events)
    step.close()
    assert state(mine).state == "closed"
    assert states(user_id) == (["closed"] if published else [])
    sweep.sweep()
    assert states(user_id) == ["closed"]
    with session() as db:
        assert leases.due(db, 10) == []


def remembered(conversation_id: str) -> list[str]:
    """What the agent's tool says that it has saved of the person."""
    (work,) = take(conversation_id)
    (tool,) = tools.tools_for(work)
    done: Any = tool.call(tools.ContactDetails(name="Mallory", email=None, phone=None))
    with reading() as db:
        assert work.message is not None
        assert tool_calls.result_of(
            db, work.message.id, 1, "remember_contact", {"name": "Mallory", "email": None, "phone": None}
        ) == {"saved": done.saved}
    return list(done.saved)


def test_nothing_is_saved_of_a_user_by_the_agent(stores: Stores) -> None:
    user_id = samples.user(full_name="Ann Lee")
    mine = samples.users_conversation(user_id)
    taken, contact_id = samples.conversation()
    visitors, visitor_id = samples.conversation()
    with session() as db:
        assert take_over(db, taken, contact_id, user_id)
    for conversation_id, sender in ((mine, user_id), (taken, user_id), (visitors, visitor_id)):
        ledger.accept(samples.inbound(conversation_id, sender))
        receive.receive(ledger.shard_of(conversation_id))
    assert [remembered(one) for one in (mine, taken, visitors)] == [[], [], ["name"]]
    with reading() as db:
        assert [contacts.get(db, one).name for one in (contact_id, visitor_id)] == ["Ann", "Mallory"]
        assert conversations.get(db, mine).contact_id is None
        assert {m.author_name for m in messages.page(db, mine, 0, 9)} == {"Ann Lee"}
