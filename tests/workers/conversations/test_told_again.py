"""What happens to the same thing a second time is told a second time, and a rerun of it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from channels import web
from channels.relay.publish import publish
from ingress import create_app
from models import ledger
from models.conversations import replays, views
from models.store.database import reading
from models.store.redis import redis
from tests.models import samples
from tests.models.conversations.test_intake import stored
from tests.models.conversations.test_replies import set_
from tests.servers.openai import ModelServer, serving
from tests.stores import Stores, environment, fresh
from workers.conversations import answer, receive


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture
def stores(tmp_path_factory: pytest.TempPathFactory, model: ModelServer) -> Iterator[Stores]:
    """The stages are called here one by one, and ask a model that does as it is told."""
    chosen = {"LLM_MODEL": "openai/gpt-4o", "LLM_API_BASE": model.url, "LLM_API_KEY": "key"}
    with fresh("sqlite", tmp_path_factory.mktemp("var")) as opened, environment(**chosen):
        yield opened


def told(conversation_id: str, kind: str) -> list[dict[str, Any]]:
    """The events of this type in the conversation's history."""
    entries = redis().xrange(f"relay:stream:conversation:{conversation_id}")
    return [event for event in (json.loads(fields["d"]) for _, fields in entries) if event["type"] == kind]


def replay() -> None:
    with reading() as db:
        (letter,) = replays.newest(db, 10)
    result = create_app().test_cli_runner().invoke(args=["dead-letters", "replay", letter.id])
    assert result.output == "Replayed.\n"


def try_twice(conversation_id: str) -> None:
    """A first try that fails for a moment, and a second that fails for good."""
    for _ in range(2):
        set_(conversation_id, retry_at=0)
        answer.answer([conversation_id])


def test_a_second_failure_after_a_replay_is_told_like_the_first(stores: Stores, model: ModelServer) -> None:
    model.behave("500", "401", "500", "401")
    conversation_id, contact_id = samples.conversation()
    ledger.accept(samples.inbound(conversation_id, contact_id))
    receive.receive(ledger.shard_of(conversation_id))
    try_twice(conversation_id)
    replay()
    try_twice(conversation_id)
    asked, *notices = stored(conversation_id)
    assert (asked.status, len(notices)) == ("failed", 2)
    updates = [event["message"] for event in told(conversation_id, "message.updated")]
    assert [(m["id"], m["status"]) for m in updates] == [(asked.id, "failed")] * 2
    assert updates[0]["revision"] < updates[1]["revision"]
    assert [event["try"] for event in told(conversation_id, "message.restarted")] == [2, 2]
    created = [event["message"]["id"] for event in told(conversation_id, "message.created")]
    assert created == [asked.id, *(notice.id for notice in notices)]
    publish(web.updated(views.of_message(asked)))
    assert len(told(conversation_id, "message.updated")) == 2


def test_each_move_of_the_read_mark_is_told_once_and_never_back(stores: Stores) -> None:
    conversation_id, _ = samples.conversation()
    for up_to, revision in (("first", 3), ("first", 3), ("second", 6), ("first", 5), ("second", 8)):
        publish(web.read(conversation_id, up_to, revision))
    assert [event["up_to"] for event in told(conversation_id, "message.read")] == ["first", "second", "second"]
