"""While a conversation waits for a person, no request waits for the agent; and nothing else ends a wait."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from channels import web
from channels.relay.publish import publish
from models.conversations import messages, views
from models.store.database import reading, session
from tests.ingress.conftest import Visitor
from tests.ingress.conversations.test_continuing import QUESTION, STREAM, WAIT, events_of, path_of
from tests.ingress.stages import accepted_for, answered, asking, stored
from tests.live import until
from tests.models.conversations.test_intake import close

AT_ONCE = 8  # seconds: far below the 20 and the 30 that a request may wait


def hand_off(visitor: Visitor) -> None:
    assert visitor.client.post(path_of(visitor.id) + "/handoff", json={}, headers=visitor.headers).status_code == 200


def chat(visitor: Visitor, **headers: str) -> TestResponse:
    body = {"conversation_id": visitor.id, "message": QUESTION}
    return visitor.client.post("/api/chat", json=body, headers=visitor.headers | headers)


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_conversation_that_waits_is_told_at_once(visitor: Visitor, is_stored: bool) -> None:
    hand_off(visitor)
    once = {"Idempotency-Key": "once"}
    if is_stored:
        visitor.send(**QUESTION, headers=once)
        stored(visitor.id)
    began = time.monotonic()
    response = visitor.send(**QUESTION, headers=WAIT | once)
    message_id = response.get_json()["message_id"]
    assert (response.status_code, response.get_json()) == (202, {"message_id": message_id, "state": "waiting"})
    assert response.headers["Location"] == path_of(visitor.id, message_id)
    response = chat(visitor)  # 30 s by itself
    told = response.get_json()
    assert (response.status_code, told["state"], told["reply"], told["status"]) == (202, "waiting", None, "accepted")
    assert time.monotonic() - began < AT_ONCE


@pytest.mark.parametrize("path", ["messages", "chat"])
def test_a_stream_ends_with_the_state(visitor: Visitor, path: str) -> None:
    hand_off(visitor)
    began = time.monotonic()
    response = visitor.send(**QUESTION, headers=STREAM) if path == "messages" else chat(visitor, **STREAM)
    told = [(kind, data) for _, kind, data in events_of(response)]
    assert [kind for kind, _ in told] == ["accepted", "conversation.state"]
    assert (told[1][1]["conversation"]["id"], told[1][1]["conversation"]["state"]) == (visitor.id, "waiting")
    assert time.monotonic() - began < AT_ONCE
    response.close()


def ask(visitor: Visitor) -> Any:
    return asking(visitor.client, path_of(visitor.id) + "/messages", QUESTION, visitor.headers | WAIT)


@pytest.mark.parametrize("is_stored", [False, True])
@pytest.mark.parametrize("move", ["handoff", "close"])
def test_who_waits_while_it_happens_waits_no_longer(visitor: Visitor, move: str, is_stored: bool) -> None:
    began = time.monotonic()
    with ask(visitor) as asked:
        until(lambda: accepted_for(visitor.id))
        if is_stored:
            stored(visitor.id)
        path = path_of(visitor.id) + f"/{move}"
        assert visitor.client.post(path, json={}, headers=visitor.headers).status_code == 200
        if move == "close" and not is_stored:
            answered(visitor.id)  # it comes to a closed conversation, opens it again, and has its reply
        response = asked.result(20)
    state = {"handoff": "waiting", "close": "closed"}[move]
    if move == "close" and not is_stored:
        assert (response.status_code, response.get_json()["reply"]["author"]["kind"]) == (200, "agent")
    else:
        assert (response.status_code, response.get_json()["state"]) == (202, state)
    assert time.monotonic() - began < AT_ONCE


def test_a_hand_off_by_the_agent_is_a_reply(visitor: Visitor) -> None:
    said = {"content": "I want to talk to a person"}
    with asking(visitor.client, path_of(visitor.id) + "/messages", said, visitor.headers | WAIT) as asked:
        until(lambda: accepted_for(visitor.id))
        answered(visitor.id)
        response = asked.result(20)
    assert (response.status_code, response.get_json()["message"]["status"]) == (200, "answered")
    assert visitor.get().get_json()["state"] == "waiting"


def test_an_edit_and_a_receipt_end_no_wait(visitor: Visitor) -> None:
    began = time.monotonic()
    with ask(visitor) as asked:
        until(lambda: accepted_for(visitor.id))
        stored(visitor.id)
        with session() as db:
            db.execute(update(messages.message).values(revision=9))
        with reading() as db:
            (row,) = messages.page(db, visitor.id, 0, 10)
        shown = views.of_message(row)
        edited = shown.model_copy(update={"content": "edited", "revision": 8})
        read = edited.model_copy(update={"read_at": shown.created_at, "revision": 9})
        other = shown.model_copy(update={"id": "another", "status": "answered"})
        publish(web.updated(edited) + web.updated(read) + web.updated(other) + web.read(visitor.id, row.id, 9))
        answered(visitor.id)
        response = asked.result(20)
    assert response.status_code == 200
    assert response.get_json()["reply"]["in_reply_to"] == row.id
    assert time.monotonic() - began < AT_ONCE


@pytest.mark.parametrize("status", sorted(messages.ENDED))
def test_the_last_status_of_a_message_ends_a_stream(visitor: Visitor, status: str) -> None:
    response = visitor.send(**QUESTION, headers=STREAM)
    events = events_of(response)
    assert next(events)[1] == "accepted"
    stored(visitor.id)
    with reading() as db:
        (row,) = messages.page(db, visitor.id, 0, 10)
    began = time.monotonic()
    publish(web.updated(views.of_message(row).model_copy(update={"status": status, "revision": 9})))
    assert [kind for _, kind, _ in events] == ["message.created", "message.updated"]
    assert time.monotonic() - began < AT_ONCE
    response.close()


def test_one_that_went_on_to_a_successor_that_waits_is_told_so(client: FlaskClient, visitor: Visitor) -> None:
    close(visitor.id, hours_ago=48)
    visitor.send(**QUESTION)
    answered(visitor.id)
    successor = visitor.get().get_json()["continued_by"]
    assert client.post(path_of(successor) + "/handoff", json={}, headers=visitor.headers).status_code == 200
    with ask(visitor) as asked:
        until(lambda: accepted_for(visitor.id))
        stored(visitor.id)
        response = asked.result(20)
    told = response.get_json()
    assert (response.status_code, told["state"]) == (202, "waiting")
    assert response.headers["Location"] == path_of(successor, told["message_id"])
    stream = visitor.send(**QUESTION, headers=STREAM)
    stored(visitor.id)
    told = [data for _, kind, data in events_of(stream) if kind == "conversation.state"]
    assert [one["conversation"]["id"] for one in told] == [visitor.id, successor]
    stream.close()
