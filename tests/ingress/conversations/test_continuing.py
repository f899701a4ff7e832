"""A visitor or a user comes back after two days and writes into a conversation that was closed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from channels.relay.subscriber import subscriber
from ingress.identity.tokens import visitor_token
from models import ledger
from models.conversations import owners, successors
from models.conversations.conversations import CLOSED, conversation
from models.store.database import reading
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.ingress.conversations.test_users import opened, send
from tests.ingress.identity.account import Account, signed_in
from tests.ingress.stages import accepted_for, answered, asking, stored
from tests.live import until
from tests.models.conversations.test_intake import close, state

WAIT = {"Prefer": "wait=20"}
STREAM = {"Accept": "text/event-stream"}
QUESTION: dict[str, Any] = {"content": "What is Switchboard?"}


@pytest.fixture
def old(visitor: Visitor) -> Visitor:
    """A visitor whose conversation was closed two days ago."""
    close(visitor.id, hours_ago=48)
    return visitor


def path_of(conversation_id: str, message_id: str = "") -> str:
    return f"/api/conversations/{conversation_id}" + (f"/messages/{message_id}" if message_id else "")


def wait(visitor: Visitor, path: str, body: dict[str, Any], **headers: str) -> TestResponse:
    """Asks and waits, while the stages run."""
    with asking(visitor.client, path, body, visitor.headers | WAIT | headers) as asked:
        until(lambda: accepted_for(visitor.id) or asked.done())
        answered(visitor.id)
        return asked.result(20)


def test_who_waits_gets_the_answer_from_the_successor_each_time(old: Visitor) -> None:
    successor = successors.id_of_successor(old.id)
    for _ in range(2):
        began = time.monotonic()
        response = wait(old, path_of(old.id) + "/messages", QUESTION)
        assert response.status_code == 200, response.get_data(as_text=True)
        assert time.monotonic() - began < 15
        told = response.get_json()
        assert {told["message"]["conversation_id"], told["reply"]["conversation_id"]} == {successor}
        assert told["reply"]["in_reply_to"] == told["message"]["id"]
        assert response.headers["Location"] == path_of(successor, told["message"]["id"])


def test_chat_names_the_successor(old: Visitor) -> None:
    body = {"conversation_id": old.id, "message": QUESTION}
    told = wait(old, "/api/chat", body).get_json()
    successor = successors.id_of_successor(old.id)
    assert (told["conversation_id"], told["status"], told["reply"]["conversation_id"]) == (
        successor,
        "answered",
        successor,
    )
    told = wait(old, "/api/chat", {"message": QUESTION}).get_json()
    assert told["conversation_id"] == successor


def events_of(response: TestResponse) -> Iterator[tuple[str, str, Any]]:
    """(id, event, data) of a stream, comments left out."""
    buffer = b""
    for piece in response.response:
        buffer += piece
        while b"\n\n" in buffer:
            frame, _, buffer = buffer.partition(b"\n\n")
            found = dict(line.split(": ", 1) for line in frame.decode().split("\n") if not line.startswith(":"))
            if found:
                yield found.get("id", ""), found.get("event", ""), json.loads(found.get("data", "null"))


def test_a_stream_follows_and_ends_with_the_answer(old: Visitor) -> None:
    successor = successors.id_of_successor(old.id)
    for _ in range(2):
        response = old.send(**QUESTION, headers=STREAM)
        events = events_of(response)
        assert next(events)[1] == "accepted"
        answered(old.id)
        told = [(kind, data) for _, kind, data in events]
        assert told[0][1]["conversation"]["continued_by"] == successor
        replies = [data["message"] for kind, data in told if kind == "message.created"]
        assert [one["author"]["kind"] for one in replies][-1] == "agent"
        assert {one["conversation_id"] for one in replies} == {successor}
        assert told[-1][0] != "timeout"
        response.close()


def test_a_repeat_finds_its_reply_and_one_that_is_not_there_yet_is_waited_for(old: Visitor) -> None:
    once = {"Idempotency-Key": "again"}
    message_id = old.send(**QUESTION, headers=once).get_json()["message_id"]
    stored(old.id)  # by another process, so that nobody here has heard of it
    with asking(old.client, path_of(old.id) + "/messages", QUESTION, old.headers | WAIT | once) as asked:
        until(lambda: len(listened(old.id)) == 2)
        answered(old.id)
        first = asked.result(20).get_json()
    assert (first["message"]["id"], first["reply"]["in_reply_to"]) == (message_id, message_id)
    again = old.send(**QUESTION, headers=once | WAIT)
    assert (again.status_code, again.get_json()) == (200, first)
    response = old.send(**QUESTION, headers=once | STREAM)
    assert [kind for _, kind, _ in events_of(response)] == ["accepted", "message.created", "message.created"]
    response.close()


def listened(conversation_id: str) -> list[str]:
    """The topics of a conversation and its successor that a waiting request listens to."""
    ids = (conversation_id, successors.id_of_successor(conversation_id))
    return [id_ for id_ in ids if subscriber().listeners(f"conversation:{id_}")]


def test_a_message_that_went_on_says_where_it_is(client: FlaskClient, old: Visitor) -> None:
    message_id = old.send(**QUESTION).get_json()["message_id"]
    successor = successors.id_of_successor(old.id)
    waiting = old.get(f"/messages/{message_id}")
    assert (waiting.get_json()["status"], waiting.get_json()["conversation_id"]) == ("accepted", old.id)
    answered(old.id)
    for conversation_id in (old.id, successor):
        found = client.get(path_of(conversation_id, message_id), headers=old.headers)
        assert (found.get_json()["status"], found.get_json()["conversation_id"]) == ("answered", successor)
        assert found.headers["Content-Location"] == path_of(successor, message_id)
        trace = client.get(path_of(conversation_id, message_id) + "/trace", headers=old.headers).get_json()
        assert [step["step"] for step in trace["steps"]] == ["accept", "receive", "answer"]
    other = Visitor(client)
    check_problem(other.get(f"/messages/{message_id}"), 404)
    check_problem(client.get(path_of(successor, message_id), headers=other.headers), 404)
    shown = old.get().get_json()
    assert (shown["state"], shown["continued_by"]) == ("closed", successor)


def test_the_old_token_is_good_for_the_successor(client: FlaskClient, old: Visitor) -> None:
    old.send(**QUESTION)
    successor = successors.id_of_successor(old.id)
    check_problem(client.get(path_of(successor), headers=old.headers), 404)  # it is not there yet
    answered(old.id)
    for method, path, body in (
        ("GET", "", None), ("GET", "/messages", None), ("POST", "/messages", QUESTION), ("PUT", "/read", {}),
        ("POST", "/handoff", {}), ("POST", "/close", {}),
    ):  # fmt: skip
        assert client.open(path_of(successor) + path, method=method, json=body, headers=old.headers).status_code < 300
    for path in ("", "/messages"):
        check_problem(client.get(path_of(successor) + path, headers=Visitor(client).headers), 404)
        check_problem(client.get(path_of(successors.id_of_successor(successor)) + path, headers=old.headers), 404)


def test_without_the_database_the_token_is_good_for_the_successor_and_for_nothing_else(
    started: Started, old: Visitor
) -> None:
    successor = successors.id_of_successor(old.id)
    client = started(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert client.post(path_of(successor) + "/messages", json=QUESTION, headers=old.headers).status_code == 202
    check_problem(client.post(path_of("another") + "/messages", json=QUESTION, headers=old.headers), 503)
    stranger = {"Authorization": f"Bearer {visitor_token('x', 'y')}"}
    check_problem(client.post(path_of(successor) + "/messages", json=QUESTION, headers=stranger), 503)


def users(client: FlaskClient, ann: Account, hours_ago: int = 48) -> str:
    """A conversation of Ann's that was closed long ago, and that her devices have just read."""
    conversation_id: str = opened(client, ann.headers)["id"]
    close(conversation_id, hours_ago=hours_ago)
    owners.forget([conversation_id])
    assert client.get(path_of(conversation_id) + "/messages", headers=ann.headers).status_code == 200
    return conversation_id


def open_ones(user_id: str) -> list[str]:
    c = conversation.c
    with reading() as db:
        return list(db.execute(select(c.id).where(c.user_id == user_id, c.state != CLOSED)).scalars())


def test_a_fourth_conversation_of_a_user_s_is_not_opened_by_a_message(client: FlaskClient) -> None:
    ann = signed_in(client)
    long_ago = users(client, ann)
    three = [opened(client, ann.headers)["id"] for _ in range(3)]
    before = ledger.depth()
    problem = check_problem(send(client, long_ago, ann.headers), 409)
    assert problem["detail"] == "You have 3 open conversations. Close one of them first."
    check_problem(
        client.post("/api/chat", json={"conversation_id": long_ago, "message": QUESTION}, headers=ann.headers), 409
    )
    assert ledger.depth() == before
    assert client.post(path_of(three[0]) + "/close", headers=ann.headers).status_code == 200
    assert send(client, long_ago, ann.headers).status_code == 202
    stored(long_ago)
    assert len(open_ones(ann.id)) == 3
    assert send(client, long_ago, ann.headers).status_code == 202  # its successor is one of the three
    stored(long_ago)
    assert len(open_ones(ann.id)) == 3


def test_one_that_is_closed_for_less_than_a_day_is_reopened_as_a_fourth(client: FlaskClient) -> None:
    ann = signed_in(client)
    today = users(client, ann, hours_ago=23)
    for _ in range(3):
        opened(client, ann.headers)
    assert send(client, today, ann.headers).status_code == 202


def test_an_owner_is_not_remembered_for_longer_than_the_conversation_can_be_reopened(client: FlaskClient) -> None:
    from models.store.redis import redis

    ann = signed_in(client)
    today, long_ago = users(client, ann, hours_ago=23), users(client, ann)
    assert 0 < redis().ttl(f"owner:{today}") <= 3600
    assert owners.find(long_ago) is None


def test_a_message_that_was_accepted_opens_a_fourth_rather_than_being_lost(client: FlaskClient) -> None:
    ann = signed_in(client)
    long_ago = users(client, ann)
    assert send(client, long_ago, ann.headers).status_code == 202
    for _ in range(3):
        opened(client, ann.headers)
    stored(long_ago)
    assert state(long_ago).continued_by in open_ones(ann.id)
    assert len(open_ones(ann.id)) == 4


def follow(visitor: Visitor, last_event_id: str = "") -> tuple[TestResponse, Iterator[tuple[str, str, Any]]]:
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    response = visitor.client.get(path_of(visitor.id) + "/events", headers=visitor.headers | headers)
    return response, events_of(response)


def test_server_sent_events_go_on_in_the_successor_and_resume_there(old: Visitor) -> None:
    successor = successors.id_of_successor(old.id)
    response, events = follow(old)
    begin, _, _ = next(events)
    old.send(**QUESTION)
    answered(old.id)
    last, kind, data = next(events)
    assert (kind, data["conversation"]["continued_by"]) == ("conversation.state", successor)
    assert last == begin.replace(":0", ":1")
    seen = [next(events) for _ in range(4)]
    assert [kind for _, kind, _ in seen].count("message.created") == 2
    assert all(id_.startswith(f"{successor}/") for id_, _, _ in seen if id_)
    response.close()

    behind = next(id_ for id_, kind, _ in seen if kind == "message.created")
    response, events = follow(old, behind)
    again = [next(events) for _ in range(2)]
    assert again == [one for one in seen if one[0]][1:3]
    old.send(**QUESTION)
    answered(old.id)
    assert "message.created" in [kind for _, kind, _ in (next(events) for _ in range(3))]
    response.close()

    for position in (begin, last):
        response, events = follow(old, position)
        told = [next(events) for _ in range(3)]
        if position == begin:
            assert told[0] == (last, "conversation.state", told[0][2])
        else:
            assert (told[0][1], told[0][2]["conversation"]["continued_by"]) == ("conversation.state", successor)
        assert told[1] == next(one for one in seen if one[0])
        response.close()


def test_who_begins_to_follow_the_old_one_later_follows_the_new_one_from_now_on(old: Visitor) -> None:
    successor = successors.id_of_successor(old.id)
    old.send(**QUESTION)
    answered(old.id)
    response, events = follow(old)
    kinds = [next(events) for _ in range(3)]
    assert [kind for _, kind, _ in kinds] == ["", "conversation.state", ""]
    assert kinds[2][0].startswith(f"{successor}/")
    old.client.post(path_of(successor) + "/handoff", json={}, headers=old.headers)
    _, kind, data = next(events)
    assert (kind, data["conversation"]["id"], data["conversation"]["state"]) == (
        "conversation.state",
        successor,
        "waiting",
    )
    response.close()


def test_a_position_of_a_stranger_s_conversation_leads_nowhere(client: FlaskClient, visitor: Visitor) -> None:
    other = Visitor(client)
    response, events = follow(visitor, f"{other.id}/abc:0")
    assert next(events)[1] == "lost"
    response.close()
