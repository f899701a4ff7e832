"""Visitors can become somebody new at any time: their messages count by address, too, and nobody else's do."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from ingress.app import socket_registry
from ingress.identity.tokens import verify, visitor_token
from ingress.sockets.protocol import Refused
from models.store.redis import redis
from tests.ingress.channels.test_webhooks import post
from tests.ingress.conftest import Started, check_problem
from tests.ingress.conversations.test_users import opened
from tests.ingress.identity.account import signed_in

LIMITED = {"RATELIMIT_ENABLED": "true", "RATELIMIT_ADDRESS": "5", "RATELIMIT_LOGIN": "100"}


@pytest.fixture
def limited(started: Started) -> FlaskClient:
    client = started(**LIMITED)
    for key in redis().scan_iter("limit:*"):
        redis().delete(key)
    return client


def write(client: FlaskClient, address: str = "203.0.113.7") -> Any:
    """A message of a visitor who has never been here, with a token of their own."""
    conversation = str(uuid.uuid4())
    headers = {"Authorization": f"Bearer {visitor_token(str(uuid.uuid4()), conversation)}"}
    path = f"/api/conversations/{conversation}/messages"
    return client.post(path, json={"content": "x"}, headers=headers, environ_base={"REMOTE_ADDR": address})


def test_new_visitors_of_one_address_share_a_limit(limited: FlaskClient) -> None:
    assert [write(limited).status_code for _ in range(5)] == [202] * 5
    refused = write(limited)
    assert "visitors" in check_problem(refused, 429)["detail"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    assert write(limited, "203.0.113.8").status_code == 202


def test_an_ipv6_customer_is_one_address(limited: FlaskClient) -> None:
    told = [write(limited, f"2001:db8:1:2::{n:x}").status_code for n in range(6)]
    assert told == [202] * 5 + [429]
    assert write(limited, "2001:db8:1:3::1").status_code == 202


def test_on_the_socket_it_is_the_same_limit(limited: FlaskClient) -> None:
    def send(network: str) -> None:
        conversation = str(uuid.uuid4())
        visitor = replace(verify(visitor_token(str(uuid.uuid4()), conversation)), network=network)
        socket_registry().methods.call(
            visitor, {"method": "message.send", "data": {"conversation_id": conversation, "content": "x"}}
        )

    for _ in range(5):
        send("203.0.113.7")
    with pytest.raises(Refused) as refused:
        send("203.0.113.7")
    assert refused.value.error["code"] == 429
    assert refused.value.error["temporary"] is True
    check_problem(write(limited), 429)
    send("203.0.113.8")


def test_users_and_webhooks_behind_that_address_go_on(limited: FlaskClient) -> None:
    ann = signed_in(limited)
    conversation = opened(limited, ann.headers)["id"]
    assert [write(limited, "127.0.0.1").status_code for _ in range(6)][-1] == 429
    path = f"/api/conversations/{conversation}/messages"
    assert limited.post(path, json={"content": "x"}, headers=ann.headers).status_code == 202
    assert post(limited, {"text": "x"}, webhook_id=str(uuid.uuid4())).status_code == 202
