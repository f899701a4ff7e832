"""What is being streamed ends when the token that asked for it is void."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from channels.relay.subscriber import Subscriber, subscriber
from ingress.identity import watching
from ingress.identity.watching import watch
from ingress.streams import waiting
from ingress.streams.waiting import Waiter
from models import ledger
from models.accounts.api_keys import WRITE
from tests.ingress.conftest import check_problem
from tests.ingress.conversations.test_users import opened
from tests.ingress.identity.account import Account, api_key, signed_in
from tests.ingress.identity.forged import forged
from tests.live import until

STREAM = {"Accept": "text/event-stream"}


def answer(client: FlaskClient, ann: Account, conversation_id: str) -> TestResponse:
    said = {"content": "is anybody there?"}
    return client.post(f"/api/conversations/{conversation_id}/messages", json=said, headers=ann.headers | STREAM)


def chat(client: FlaskClient, ann: Account, conversation_id: str) -> TestResponse:
    said = {"conversation_id": conversation_id, "message": {"content": "is anybody there?"}}
    return client.post("/api/chat", json=said, headers=ann.headers | STREAM)


def follow(client: FlaskClient, ann: Account, conversation_id: str) -> TestResponse:
    return client.get(f"/api/conversations/{conversation_id}/events", headers=ann.headers | STREAM)


@pytest.mark.parametrize("ask", [answer, chat, follow])
def test_signing_out_ends_it(client: FlaskClient, ask: Callable[[FlaskClient, Account, str], TestResponse]) -> None:
    ann = signed_in(client)
    response = ask(client, ann, opened(client, ann.headers)["id"])
    events: Iterator[Any] = iter(response.response)
    assert next(events)
    began = time.monotonic()
    assert ann.post("/api/auth/logout").status_code == 204
    left = b"".join(events)
    assert time.monotonic() - began < 20  # the answer's own time is 30 s, and nobody answers here
    assert b"timeout" not in left
    response.close()


def test_it_ends_when_the_token_expires(client: FlaskClient) -> None:
    ann = signed_in(client)
    path = f"/api/conversations/{opened(client, ann.headers)['id']}"
    for method, tail in (("GET", "/events"), ("POST", "/messages")):
        now = int(time.time())
        claims = {"sub": ann.id, "iat": now, "exp": now + 2, "session": ann.session_id, "generation": 0}
        headers = forged("access", {**claims, "superuser": False, "permissions": []}) | STREAM
        response = client.open(path + tail, method=method, json={"content": "x"}, headers=headers)
        assert list(response.response)
        assert time.time() < now + 10
        response.close()


def test_a_reply_that_is_waited_for_is_not_told_to_who_has_signed_out(client: FlaskClient) -> None:
    ann = signed_in(client)
    conversation_id = opened(client, ann.headers)["id"]
    headers = ann.headers | {"Prefer": "wait=30"}
    asking = client.application.test_client()
    with ThreadPoolExecutor(1) as pool:
        path = f"/api/conversations/{conversation_id}/messages"
        asked = pool.submit(asking.post, path, json={"content": "x"}, headers=headers)
        until(lambda: any(isinstance(one, Waiter) for one in watch()._open))
        assert ann.post("/api/auth/logout-all").status_code == 204
        response = asked.result(10)
    assert (response.status_code, response.get_json().keys()) == (202, {"message_id"})


def test_who_is_signed_out_before_it_is_accepted_has_sent_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = signed_in(client)
    path = f"/api/conversations/{opened(client, ann.headers)['id']}/messages"
    real = subscriber

    def signing_out() -> Subscriber:
        monkeypatch.setattr(waiting, "subscriber", real)
        assert client.application.test_client().post("/api/auth/logout", headers=ann.headers).status_code == 204
        return real()

    monkeypatch.setattr(waiting, "subscriber", signing_out)
    before = ledger.depth()
    check_problem(client.post(path, json={"content": "x"}, headers=ann.headers | STREAM), 401)
    assert ledger.depth() == before


@pytest.mark.parametrize("ask", [answer, follow])
def test_a_stream_that_could_not_begin_leaves_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, ask: Callable[[FlaskClient, Account, str], TestResponse]
) -> None:
    ann = signed_in(client)
    conversation_id = opened(client, ann.headers)["id"]

    def broken(_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(watching, "_recheck", broken)
    before = len(watch()._open)
    check_problem(ask(client, ann, conversation_id), 500)
    assert len(watch()._open) == before
    assert subscriber().listeners(f"conversation:{conversation_id}") == 0


def test_a_key_that_may_not_read_streams_nothing(client: FlaskClient) -> None:
    ann = signed_in(client)
    path = f"/api/conversations/{opened(client, ann.headers)['id']}/messages"
    writer = api_key(ann, WRITE)
    check_problem(client.post(path, json={"content": "x"}, headers=writer | STREAM), 403)
    check_problem(client.post("/api/chat", json={"message": {"content": "x"}}, headers=writer | STREAM), 403)
    assert client.post(path, json={"content": "x"}, headers=writer).status_code == 202
