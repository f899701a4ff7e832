"""Conversations and messages over HTTP, as far as they go without workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from models import ledger
from models.clock import SECOND
from models.conversations import conversations
from models.store.database import session
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.ingress.identity.forged import forged
from tests.stores import Stores


def test_a_visitor_gets_a_conversation_a_token_and_an_address(client: FlaskClient) -> None:
    response = client.post("/api/conversations", json={"name": "Ann", "metadata": {"page": "/x"}})
    assert response.status_code == 201
    opened = response.get_json()
    assert opened["conversation"]["state"] == "agent"
    assert opened["conversation"]["metadata"] == {"page": "/x"}
    found = client.get(response.headers["Location"], headers={"Authorization": f"Bearer {opened['token']}"})
    assert found.get_json()["id"] == opened["conversation"]["id"]
    assert found.get_json()["unread"] == 0


def test_a_message_is_accepted_with_its_address_and_seen_before_it_is_stored(visitor: Visitor) -> None:
    response = visitor.send("hello")
    assert response.status_code == 202
    message_id = response.get_json()["message_id"]
    assert response.headers["Location"] == f"/api/conversations/{visitor.id}/messages/{message_id}"
    found = visitor.get(f"/messages/{message_id}").get_json()
    assert (found["status"], found["content"]) == ("accepted", "hello")
    assert visitor.get(f"/messages/{message_id}/trace").get_json()["steps"][0]["step"] == "accept"


def test_what_is_another_s_is_as_unknown_as_nothing(client: FlaskClient) -> None:
    mine, other = Visitor(client), Visitor(client)
    theirs = other.send("private").get_json()["message_id"]
    seen = []
    for conversation in (other.id, "00000000-0000-4000-8000-000000000000", "x"):
        for method, path in (
            ("GET", ""), ("GET", "/messages"), ("GET", f"/messages/{theirs}"), ("GET", f"/messages/{theirs}/trace"),
            ("POST", "/messages"), ("PUT", "/read"), ("POST", "/handoff"), ("POST", "/close"), ("GET", "/events"),
        ):  # fmt: skip
            body = {"content": "x"} if path == "/messages" and method == "POST" else {}
            sent: dict[str, Any] = {"json": body} if method != "GET" else {}
            full = f"/api/conversations/{conversation}{path}"
            response = client.open(full, method=method, headers=mine.headers, **sent)
            check_problem(response, 404)
            seen.append(response.get_data())
    assert len(set(seen)) == 1
    check_problem(mine.get(f"/messages/{theirs}"), 404)
    chat = {"conversation_id": other.id, "message": {"content": "x"}}
    check_problem(client.post("/api/chat", json=chat, headers=mine.headers), 404)
    check_problem(client.post("/api/chat", json=chat), 401)


def changed(**changes: object) -> dict[str, str]:
    """A visitor's token with one thing changed."""
    return forged("visitor", {"sub": "a", "conversation": "b", "iat": 1, "exp": 1 << 40}, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1}, {"exp": None}, {"iss": "x"}, {"aud": "x"}, {"typ": "access"}, {"typ": None}, {"kid": "x"},
        {"kid": None}, {"key": "k" * 40}, {"algorithm": "none", "key": ""}, {"algorithm": "HS512"}, {"sub": None},
        {"conversation": None}, {"jti": None},
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_with_one_fault_is_401(client: FlaskClient, changes: dict[str, object]) -> None:
    check_problem(client.get("/api/conversations/b", headers=changed(**changes)), 401)
    assert client.get("/api/conversations/b", headers=changed()).status_code == 404


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Basic YTpi", "Bearer \x7f", "Bearer a.b.c", "bearer " + "x" * 5000]
)
def test_a_garbage_authorization_is_401(client: FlaskClient, header: str) -> None:
    for path in ("/api/conversations", "/api/conversations/b"):
        check_problem(client.get(path, headers={"Authorization": header}), 401)


def test_keys_rotate_without_killing_tokens(started: Started) -> None:
    old = Visitor(started(SECRET_KEY="o" * 40))
    client = started(SECRET_KEY="n" * 40 + "," + "o" * 40)
    assert client.get(f"/api/conversations/{old.id}", headers=old.headers).status_code == 200
    new = Visitor(client)
    alone = started(SECRET_KEY="n" * 40)
    assert alone.get(f"/api/conversations/{new.id}", headers=new.headers).status_code == 200
    check_problem(alone.get(f"/api/conversations/{old.id}", headers=old.headers), 401)


def test_the_same_key_and_body_are_one_message_however_often_at_once(visitor: Visitor) -> None:
    def send(_: int) -> str:
        once = visitor.client.application.test_client()
        path = f"/api/conversations/{visitor.id}/messages"
        headers = visitor.headers | {"Idempotency-Key": "k"}
        response = once.post(path, json={"content": "x"}, headers=headers)
        return str(response.get_json()["message_id"])

    before = ledger.depth()
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(10)))) == 1
    assert ledger.depth() == before + 1


def test_a_key_with_another_body_is_422_and_keys_are_scoped_to_their_conversation(client: FlaskClient) -> None:
    one, two = Visitor(client), Visitor(client)
    first = one.send("x", client_message_id="k").get_json()["message_id"]
    assert one.send("x", headers={"Idempotency-Key": "k"}).get_json()["message_id"] == first
    check_problem(one.send("y", client_message_id="k"), 422)
    check_problem(one.send("x", client_message_id="k", headers={"Idempotency-Key": "other"}), 422)
    assert two.send("x", client_message_id="k").get_json()["message_id"] != first


def test_a_key_is_forgotten_after_24_hours(client: FlaskClient) -> None:
    def open_once() -> str:
        keyed = {"Idempotency-Key": "daily", "Idempotency-Secret": "s" * 22}
        response = client.post("/api/conversations", json={}, headers=keyed)
        return str(response.get_json()["conversation"]["id"])

    def age(hours: float) -> None:
        table = conversations.conversation
        older = table.c.created_at - int(hours * 3600 * SECOND)
        with session() as db:
            db.execute(update(table).values(created_at=older))

    first = open_once()
    age(23.9)
    assert open_once() == first
    age(0.2)
    second = open_once()
    assert second != first
    assert open_once() == second
    age(24.1)
    assert open_once() not in {first, second}


def test_what_contact_required_names_must_be_given(started: Started) -> None:
    client = started(CONTACT_REQUIRED="name,email")
    problem = check_problem(client.post("/api/conversations", json={"name": "Ann"}), 422)
    assert problem["errors"] == [{"field": "email", "reason": "is required"}]
    assert client.post("/api/conversations", json={"name": "Ann", "email": "a@b.example"}).status_code == 201
    check_problem(client.post("/api/chat", json={"message": {"content": "x"}}), 422)


@pytest.mark.parametrize("email", ["a", "a@b", "@b.c", "a b@c.d", "a@b.c\n"])
def test_an_address_looks_like_one(client: FlaskClient, email: str) -> None:
    check_problem(client.post("/api/conversations", json={"email": email}), 422)


def test_handing_off_and_closing_follow_the_states(visitor: Visitor) -> None:
    path = f"/api/conversations/{visitor.id}"
    assert visitor.client.post(f"{path}/handoff", json={}, headers=visitor.headers).get_json()["state"] == "waiting"
    check_problem(visitor.client.post(f"{path}/handoff", json={}, headers=visitor.headers), 409)
    assert visitor.client.post(f"{path}/close", headers=visitor.headers).get_json()["state"] == "closed"
    check_problem(visitor.client.post(f"{path}/close", headers=visitor.headers), 409)
    check_problem(visitor.client.post(f"{path}/handoff", json={}, headers=visitor.headers), 409)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=x", "after=-1", "after=" + "9" * 40])
def test_a_list_says_what_is_wrong_with_its_page(visitor: Visitor, query: str) -> None:
    check_problem(visitor.get(f"/messages?{query}"), 422)


def test_limits_are_told_and_kept(started: Started) -> None:
    client = started(RATELIMIT_ENABLED="true", RATELIMIT_CONVERSATION="3")
    visitor = Visitor(client)
    left = [visitor.send().headers["RateLimit"] for _ in range(3)]
    assert [part.split('"conversation";r=')[1][0] for part in left] == ["2", "1", "0"]
    refused = visitor.send()
    check_problem(refused, 429)
    assert 18 <= int(refused.headers["Retry-After"]) <= 20
    assert '"conversation"' in refused.headers["RateLimit"]
    told = client.post("/api/conversations", json={})
    assert told.headers["RateLimit-Policy"] == '"address";q=30;w=60'
    for _ in range(40):
        last = client.post("/api/conversations", json={})
    check_problem(last, 429)


def test_x_forwarded_for_counts_only_behind_named_proxies(started: Started) -> None:
    client = started(RATELIMIT_ENABLED="true", RATELIMIT_USER="2")
    for n in range(4):
        last = client.post("/api/conversations", json={}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
    check_problem(last, 429)
    client = started(RATELIMIT_ENABLED="true", RATELIMIT_USER="2", TRUSTED_PROXIES="1")
    for n in range(4):
        last = client.post("/api/conversations", json={}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
        assert last.status_code == 201


def test_redis_away_is_503_with_retry_after_and_over_by_itself(stores: Stores, visitor: Visitor) -> None:
    stores.redis.kill()
    try:
        response = visitor.send()
        check_problem(response, 503)
        assert int(response.headers["Retry-After"]) >= 1
        check_problem(visitor.client.get("/ready"), 503)
        assert visitor.client.get("/health").get_json()["ok"] is False
    finally:
        stores.redis.start()
    assert visitor.send().status_code == 202


def test_the_database_away_stops_reads_and_new_conversations_but_no_message(started: Started, visitor: Visitor) -> None:
    client = started(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    check_problem(client.post("/api/conversations", json={}), 503)
    response = client.get(f"/api/conversations/{visitor.id}", headers=visitor.headers)
    check_problem(response, 503)
    assert response.headers["Retry-After"]
    path = f"/api/conversations/{visitor.id}/messages"
    assert client.post(path, json={"content": "x"}, headers=visitor.headers).status_code == 202
