"""Opening a conversation again with the same Idempotency-Key, for its own caller and for strangers beside them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from models.store.database import reading
from models.store.redis import redis
from tests.ingress.conftest import Visitor, check_problem
from tests.ingress.identity.account import signed_in
from tests.stores import Stores, fresh

OPEN, CHAT = "/api/conversations", "/api/chat"
BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    OPEN: ({"name": "Ann"}, {"name": "Bob"}),
    CHAT: ({"message": {"content": "one"}}, {"message": {"content": "two"}}),
}
routes = pytest.mark.parametrize("route", [OPEN, CHAT])


def headers(key: str, secret: str | None = None) -> dict[str, str]:
    """An anonymous caller's, who does not wait for the reply."""
    return {"Idempotency-Key": key, "Prefer": "wait=0"} | ({"Idempotency-Secret": secret} if secret else {})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Two databases: the race of two that open one is settled by each in its own way."""
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def random() -> str:
    return secrets.token_urlsafe(16)


def id_of(response: TestResponse) -> str:
    assert response.status_code in {201, 202}, response.get_data(as_text=True)
    answer = response.get_json()
    return str(answer["conversation"]["id"] if "conversation" in answer else answer["conversation_id"])


@routes
def test_the_rightful_caller_gets_the_conversation_and_a_token_again(client: FlaskClient, route: str) -> None:
    key, secret = random(), random()
    lost, again = (client.post(route, json=BODIES[route][0], headers=headers(key, secret)) for _ in range(2))
    assert id_of(lost) == id_of(again)
    assert lost.get_json().get("message_id") == again.get_json().get("message_id")
    bearer = {"Authorization": f"Bearer {again.get_json()['token']}"}
    assert client.get(f"{OPEN}/{id_of(lost)}", headers=bearer).status_code == 200


@routes
@pytest.mark.parametrize("body", [0, 1])
def test_a_stranger_at_the_same_address_gets_nothing_of_it(client: FlaskClient, route: str, body: int) -> None:
    key = "order-1"
    theirs = id_of(client.post(route, json=BODIES[route][0], headers=headers(key, random())))
    guessed = client.post(route, json=BODIES[route][body], headers=headers(key, random()))
    assert id_of(guessed) != theirs
    refused = client.post(route, json=BODIES[route][body], headers=headers(key))
    assert check_problem(refused, 422)["errors"][0]["field"] == "Idempotency-Secret"
    assert theirs not in refused.get_data(as_text=True)
    unused = client.post(route, json=BODIES[route][body], headers=headers(random()))
    assert unused.get_data() == refused.get_data()  # nobody learns which keys have been used


@routes
def test_another_body_is_422_for_everybody(client: FlaskClient, route: str) -> None:
    one, two = BODIES[route]
    for caller in ({"Idempotency-Secret": random()}, signed_in(client).headers, Visitor(client).headers):
        keyed = headers(random()) | caller
        first = id_of(client.post(route, json=one, headers=keyed))
        problem = check_problem(client.post(route, json=two, headers=keyed), 422)
        assert problem["errors"] == [
            {"field": "Idempotency-Key", "reason": "has already been used with a different body"}
        ]
        assert id_of(client.post(route, json=one, headers=keyed)) == first


def test_a_key_is_another_key_on_another_route_and_of_another_caller(client: FlaskClient) -> None:
    key, secret = random(), random()
    ann, bob = signed_in(client), signed_in(client)
    callers: list[dict[str, str]] = [{"Idempotency-Secret": secret}, ann.headers, bob.headers]
    found = [
        id_of(client.post(route, json=BODIES[route][0], headers=headers(key) | caller))
        for route in (OPEN, CHAT)
        for caller in callers
    ]
    assert len(set(found)) == len(found)


def test_a_key_of_one_call_is_another_key_for_a_message(client: FlaskClient, visitor: Visitor) -> None:
    keyed = headers("k") | visitor.headers
    by_chat = client.post(CHAT, json={"message": {"content": "one"}}, headers=keyed).get_json()["message_id"]
    sent = client.post(f"{OPEN}/{visitor.id}/messages", json={"content": "two"}, headers=keyed)
    assert sent.status_code == 202
    assert sent.get_json()["message_id"] != by_chat


@routes
def test_twelve_at_once_are_one(client: FlaskClient, route: str) -> None:
    keyed = headers(random(), random())

    def open_once(_: int) -> TestResponse:
        return client.application.test_client().post(route, json=BODIES[route][0], headers=keyed)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(open_once, range(12)))
    assert len({id_of(answer) for answer in answers}) == 1
    assert len({answer.get_json().get("message_id") for answer in answers}) == 1


def test_twelve_at_once_with_two_bodies_are_one_and_the_others_422(client: FlaskClient) -> None:
    keyed = headers(random(), random())

    def open_once(n: int) -> TestResponse:
        return client.application.test_client().post(OPEN, json=BODIES[OPEN][n % 2], headers=keyed)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(open_once, range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 6 + [422] * 6
    assert len({id_of(answer) for answer in answers if answer.status_code == 201}) == 1


@routes
@pytest.mark.parametrize("secret", ["", "x", "x" * 21, "x" * 256, "a secret with blanks in it"])
def test_a_secret_that_is_too_short_is_422(client: FlaskClient, route: str, secret: str) -> None:
    keyed = headers("k") | {"Idempotency-Secret": secret}
    problem = check_problem(client.post(route, json=BODIES[route][0], headers=keyed), 422)
    assert problem["errors"][0]["field"] == "Idempotency-Secret"
    assert len(secret) < 2 or secret not in str(problem)


@routes
def test_without_a_key_each_call_opens_one(client: FlaskClient, route: str) -> None:
    found = {id_of(client.post(route, json=BODIES[route][0], headers={"Prefer": "wait=0"})) for _ in range(2)}
    assert len(found) == 2


def test_the_secret_is_kept_nowhere(client: FlaskClient) -> None:
    secret = random()
    client.post(CHAT, json=BODIES[CHAT][0], headers=headers("k", secret))
    everything = [str(redis().dump(key)) for key in redis().scan_iter()] + [str(key) for key in redis().scan_iter()]
    with reading() as db:
        for table in ("conversation", "contact", "message"):
            everything += [str(row) for row in db.execute(text(f"SELECT * FROM {table}"))]
    assert not any(secret in kept for kept in everything)
    assert everything


def test_the_document_tells_of_both_headers(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    for route in (OPEN, CHAT):
        told = {one["name"]: one["description"] for one in paths[route]["post"]["parameters"]}
        assert set(told) - {"Prefer"} == {"Idempotency-Key", "Idempotency-Secret"}
        assert "Idempotency-Secret" in told["Idempotency-Key"]
