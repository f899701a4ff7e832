"""What a user may do on the socket: the same questions as its commands ask, on a real database."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from ingress.app import socket_registry
from ingress.identity.api_keys import verify as verify_key
from ingress.identity.principal import Principal
from ingress.identity.tokens import verify
from ingress.sockets.protocol import Refused
from ingress.streams.waiting import waiting
from models import ledger
from models.accounts.api_keys import READ, WRITE
from models.conversations import owners
from models.errors import Unavailable
from models.store.redis import redis
from tests.ingress.conftest import Started, Visitor
from tests.ingress.conversations.test_users import away, opened
from tests.ingress.identity.account import Account, api_key, signed_in
from tests.stores import Stores


def as_principal(account: Account) -> Principal:
    return verify(account.access)


def may_subscribe(principal: Principal, topic: str) -> bool:
    return socket_registry().topics.may_follow(principal, topic)


def program(account: Account, *scopes: str) -> Principal:
    return verify_key(api_key(account, *scopes)["Authorization"].removeprefix("Bearer "))


def call(principal: Principal, method: str, **data: Any) -> Any:
    return socket_registry().methods.call(principal, {"method": method, "data": data})["data"]


def refusal(principal: Principal, method: str, **data: Any) -> int:
    with pytest.raises(Refused) as refused:
        call(principal, method, **data)
    code: Any = refused.value.error["code"]
    return int(code)


def test_a_user_follows_the_own_topic_and_the_own_conversations(client: FlaskClient) -> None:
    ann, bob, visitor = signed_in(client), signed_in(client), Visitor(client)
    mine = opened(client, ann.headers)["id"]
    assert may_subscribe(as_principal(ann), f"user:{ann.id}")
    assert may_subscribe(as_principal(ann), f"conversation:{mine}")
    others = (f"user:{bob.id}", f"conversation:{visitor.id}", "conversation:", "conversation:\0", "conversation", mine)
    for topic in (*others, "user:", "operators", "insight:x", "*", f"conversation:{mine} "):
        assert not may_subscribe(as_principal(ann), topic), topic
    assert not may_subscribe(as_principal(bob), f"conversation:{mine}")
    visiting = verify(visitor.token)
    assert may_subscribe(visiting, f"conversation:{visitor.id}")
    for topic in (f"user:{visiting.id}", f"user:{ann.id}", f"conversation:{mine}"):
        assert not may_subscribe(visiting, topic)


def test_an_operator_follows_every_conversation_and_no_other_user(client: FlaskClient) -> None:
    olga, ann = signed_in(client, permissions=["operate"]), signed_in(client)
    mine = opened(client, ann.headers)["id"]
    assert may_subscribe(as_principal(olga), f"conversation:{mine}")
    assert not may_subscribe(as_principal(olga), "conversation:unknown")
    assert not may_subscribe(as_principal(olga), f"user:{ann.id}")


def test_a_program_follows_and_writes_as_its_scopes_say(client: FlaskClient) -> None:
    ann = signed_in(client)
    mine = opened(client, ann.headers)["id"]
    reader, writer = program(ann, READ), program(ann, WRITE)
    for topic in (f"conversation:{mine}", f"user:{ann.id}"):
        assert may_subscribe(reader, topic)
        assert not may_subscribe(writer, topic)
    for method, data in (("message.send", {"content": "x"}), ("message.read", {}), ("typing", {})):
        assert refusal(reader, method, conversation_id=mine, **data) == 403
        call(writer, method, conversation_id=mine, **data)


def test_a_user_sends_reads_and_types_in_the_own_conversations_only(client: FlaskClient) -> None:
    ann, bob = signed_in(client), signed_in(client)
    mine = opened(client, ann.headers)["id"]
    sent = call(as_principal(ann), "message.send", conversation_id=mine, content="hello")["message_id"]
    entry = ledger.find(mine, sent)
    assert entry is not None and entry.inbound.sender == ann.id
    assert call(as_principal(ann), "message.read", conversation_id=mine) == {}
    for method, data in (("message.send", {"content": "x"}), ("message.read", {}), ("typing", {})):
        assert refusal(as_principal(bob), method, conversation_id=mine, **data) == 404
        assert refusal(as_principal(ann), method, **data) == 422
    assert refusal(as_principal(ann), "typing", conversation_id=7) == 422


def test_typing_says_that_it_is_the_user(client: FlaskClient) -> None:
    ann = signed_in(client)
    mine = opened(client, ann.headers)["id"]
    with waiting(f"conversation:{mine}") as waiter:
        call(as_principal(ann), "typing", conversation_id=mine)
        event = waiter.first(lambda event: event["type"] == "typing", 30)
    assert event is not None
    assert event["author"] == {"kind": "user", "name": None}


def test_without_the_database_known_owners_go_on_and_others_are_asked_to_wait(
    started: Started, client: FlaskClient
) -> None:
    ann = signed_in(client)
    mine, forgotten = opened(client, ann.headers)["id"], opened(client, ann.headers)["id"]
    owners.forget([forgotten])
    away(started)
    assert may_subscribe(as_principal(ann), f"conversation:{mine}")
    call(as_principal(ann), "message.send", conversation_id=mine, content="x")
    with pytest.raises(Unavailable):
        may_subscribe(as_principal(ann), f"conversation:{forgotten}")
    assert refusal(as_principal(ann), "message.send", conversation_id=forgotten, content="x") == 503


def test_a_user_s_devices_hear_of_a_new_conversation(client: FlaskClient, stores: Stores) -> None:
    ann = signed_in(client)
    mine = opened(client, ann.headers)
    stream: Any = redis().xrange(f"relay:stream:user:{ann.id}")
    ((_, fields),) = stream
    assert json.loads(fields["d"]) == {"type": "conversation.state", "conversation": mine}
    assert replace(as_principal(ann), scopes=frozenset()).has(READ) is False
