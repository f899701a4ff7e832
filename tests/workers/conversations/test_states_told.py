"""What `conversation.state` tells of a conversation is what its readers are shown."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agents.local.model import HAND_OFF_REASON
from channels import web
from channels.relay.publish import publish
from ingress.conversations import commands
from models import ledger
from models.accounts.auth_requests import Request
from models.clock import SECOND
from models.conversations import conversations, views
from models.people import users
from models.store.database import reading, session
from models.store.redis import redis
from tests.models import samples
from tests.models.conversations.test_intake import close, state
from tests.models.conversations.test_replies import set_
from tests.models.conversations.test_silence import age
from tests.stores import Stores, fresh
from workers import sweep
from workers.accounts import sign_in
from workers.conversations import answer, receive


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """No worker runs: the stages are called here one by one."""
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def told(topic: str) -> list[dict[str, Any]]:
    """The conversations that a topic's `conversation.state` events have told."""
    events = [json.loads(fields["d"]) for _, fields in redis().xrange(f"relay:stream:{topic}")]
    return [event["conversation"] for event in events if event["type"] == "conversation.state"]


def shown(conversation_id: str) -> dict[str, Any]:
    """The conversation as its readers are shown it now."""
    with reading() as db:
        return views.of_conversation(db, conversations.get(db, conversation_id)).document()


def go(conversation_id: str, content: str = "What is Switchboard?") -> None:
    """A message's whole way; its reply stays unread."""
    row = state(conversation_id)
    sender = row.user_id or row.contact_id
    assert sender is not None
    ledger.accept(samples.inbound(conversation_id, sender, content))
    receive.receive(ledger.shard_of(conversation_id))
    answer.answer([conversation_id])


def ask_for_an_agent_s_hand_off(conversation_id: str) -> None:
    go(conversation_id, "I want to talk to a person")


def fall_silent(conversation_id: str) -> None:
    age(conversation_id)
    sweep.sweep()


def wait_too_long(conversation_id: str) -> None:
    hand_off(conversation_id)
    set_(conversation_id, waiting_since=SECOND)
    sweep.sweep()


def write_after_closing(conversation_id: str) -> None:
    close(conversation_id, hours_ago=1)
    row = state(conversation_id)
    ledger.accept(samples.inbound(conversation_id, str(row.user_id or row.contact_id)))
    receive.receive(ledger.shard_of(conversation_id))


def hand_off(conversation_id: str) -> dict[str, Any]:
    return commands.hand_off(conversation_id, "user", "nobody else is to know").document()


def shut(conversation_id: str) -> dict[str, Any]:
    return commands.close(conversation_id).document()


CHANGES: list[Callable[[str], Any]] = [
    hand_off, shut, ask_for_an_agent_s_hand_off, fall_silent, wait_too_long, write_after_closing,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_an_event_tells_what_a_reader_is_shown(stores: Stores, change: Callable[[str], Any]) -> None:
    user_id = samples.user()
    conversation_id = samples.users_conversation(user_id)
    go(conversation_id)
    assert shown(conversation_id)["unread"] == 1
    answered = change(conversation_id)
    expected = shown(conversation_id)
    assert expected["unread"] >= 1
    assert answered in (None, expected)
    assert told(f"conversation:{conversation_id}")[-1] == told(f"user:{user_id}")[-1] == expected


def test_a_conversation_that_is_taken_over_brings_its_unread_messages(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    go(conversation_id)
    user_id = samples.user()
    request = Request(str(uuid.uuid4()), "login", {}, visitor=(contact_id, conversation_id))
    with session() as db:
        signed = sign_in.begin(db, request, users.get(db, user_id), "password")
    sign_in.announce(signed)
    assert told(f"user:{user_id}") == [shown(conversation_id)]
    assert shown(conversation_id)["unread"] == 1


def test_of_two_states_the_newer_stays_however_late_the_older_is_told(stores: Stores) -> None:
    """Two processes changed it, and the first is slow to tell."""
    user_id = samples.user()
    conversation_id = samples.users_conversation(user_id)
    with session() as db:
        late = views.of_conversation(db, conversations.move(db, conversation_id, conversations.WAITING))
    commands.close(conversation_id)
    publish(web.state(late))
    for topic in (f"conversation:{conversation_id}", f"user:{user_id}"):
        assert [conversation["state"] for conversation in told(topic)] == ["closed"]


def test_why_the_agent_hands_off_is_kept_for_an_operator(stores: Stores) -> None:
    conversation_id, _ = samples.conversation()
    ask_for_an_agent_s_hand_off(conversation_id)
    with reading() as db:
        found = views.of_conversation(db, conversations.get(db, conversation_id), for_operator=True)
    assert found.document()["handoff"] == {"by": "agent", "reason": HAND_OFF_REASON}
    assert "handoff" not in told(f"conversation:{conversation_id}")[-1]
