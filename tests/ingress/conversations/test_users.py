"""Conversations of users over HTTP, as far as they go without workers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import ledger
from models.accounts.api_keys import READ, WRITE
from models.conversations import owners
from models.conversations.adoption import take_over
from models.store.database import session
from models.store.redis import redis
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.ingress.identity.account import Account, api_key, signed_in
from tests.stores import Stores

CONVERSATIONS = "/api/conversations"
EVERYTHING = (
    ("GET", ""), ("GET", "/messages"), ("GET", "/messages/x"), ("GET", "/messages/x/trace"), ("POST", "/messages"),
    ("PUT", "/read"), ("POST", "/handoff"), ("POST", "/close"), ("GET", "/events"),
)  # fmt: skip


def opened(client: FlaskClient, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    response = client.post(CONVERSATIONS, json=body, headers=headers)
    assert response.status_code == 201, response.get_data(as_text=True)
    answer: dict[str, Any] = response.get_json()
    assert "token" not in answer
    conversation: dict[str, Any] = answer["conversation"]
    return conversation


def send(client: FlaskClient, conversation_id: str, headers: dict[str, str], content: str = "hello") -> TestResponse:
    return client.post(f"{CONVERSATIONS}/{conversation_id}/messages", json={"content": content}, headers=headers)


def states_told(user_id: str) -> list[tuple[str, str]]:
    """(conversation, state) of what a user's devices were told."""
    return [
        (event["conversation"]["id"], event["conversation"]["state"])
        for event in (json.loads(fields["d"]) for _, fields in redis().xrange(f"relay:stream:user:{user_id}"))
    ]


def test_a_user_opens_writes_reads_and_closes(client: FlaskClient) -> None:
    ann = signed_in(client)
    conversation = opened(client, ann.headers, metadata={"page": "/x"})
    path = f"{CONVERSATIONS}/{conversation['id']}"
    assert (conversation["user"], conversation["contact"], conversation["metadata"]) == (ann.id, None, {"page": "/x"})
    message_id = send(client, conversation["id"], ann.headers).get_json()["message_id"]
    found = client.get(f"{path}/messages/{message_id}", headers=ann.headers).get_json()
    assert (found["status"], found["author"]) == ("accepted", {"kind": "user", "name": None})
    trace = client.get(f"{path}/messages/{message_id}/trace", headers=ann.headers).get_json()
    assert [step["step"] for step in trace["steps"]] == ["accept"]
    assert client.get(f"{path}/messages", headers=ann.headers).get_json() == {"items": [], "next": None}
    assert client.get(CONVERSATIONS, headers=ann.headers).get_json()["items"] == [conversation]
    assert client.put(f"{path}/read", json={}, headers=ann.headers).status_code == 204
    assert client.post(f"{path}/handoff", json={}, headers=ann.headers).get_json()["state"] == "waiting"
    assert client.post(f"{path}/close", headers=ann.headers).get_json()["state"] == "closed"
    events = client.get(f"{path}/events", headers=ann.headers)
    assert events.status_code == 200
    events.close()
    assert states_told(ann.id) == [(conversation["id"], state) for state in ("agent", "waiting", "closed")]


def test_what_is_another_user_s_is_as_unknown_as_nothing(client: FlaskClient) -> None:
    ann, bob, visitor = signed_in(client), signed_in(client), Visitor(client)
    mine = opened(client, ann.headers)["id"]
    seen = set()
    for conversation_id, headers in (
        (mine, bob.headers), (mine, visitor.headers), (visitor.id, bob.headers), ("unknown", bob.headers),
        (mine, api_key(bob, READ, WRITE)),
    ):  # fmt: skip
        for method, path in EVERYTHING:
            body = {"content": "x"} if (method, path) == ("POST", "/messages") else {}
            sent: dict[str, Any] = {"json": body} if method != "GET" else {}
            full = f"{CONVERSATIONS}/{conversation_id}{path}"
            response = client.open(full, method=method, headers=headers, **sent)
            check_problem(response, 404)
            seen.add(response.get_data())
    assert len(seen) == 1
    chat = {"conversation_id": mine, "message": {"content": "x"}}
    check_problem(client.post("/api/chat", json=chat, headers=bob.headers), 404)
    assert client.get(CONVERSATIONS, headers=bob.headers).get_json()["items"] == []


def test_the_fourth_open_one_is_409_and_a_key_opens_one_however_often(client: FlaskClient) -> None:
    ann = signed_in(client)
    keyed = ann.headers | {"Idempotency-Key": "k"}
    first = opened(client, keyed)["id"]

    def again(_: int) -> str:
        return str(opened(client.application.test_client(), keyed)["id"])

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(again, range(6))) == {first}
    opened(client, ann.headers)
    opened(client, ann.headers)
    check_problem(client.post(CONVERSATIONS, json={}, headers=ann.headers), 409)
    check_problem(client.post("/api/chat", json={"message": {"content": "x"}}, headers=ann.headers), 409)
    assert opened(client, keyed)["id"] == first
    assert opened(client, signed_in(client).headers | {"Idempotency-Key": "k"})["id"] != first
    client.post(f"{CONVERSATIONS}/{first}/close", headers=ann.headers)
    opened(client, ann.headers)


def test_one_call_opens_a_conversation_of_the_user_s_and_goes_on_in_it(client: FlaskClient) -> None:
    ann = signed_in(client)
    headers = ann.headers | {"Prefer": "wait=0"}
    answer = client.post("/api/chat", json={"message": {"content": "x"}}, headers=headers)
    assert answer.status_code == 202
    told = answer.get_json()
    assert "token" not in told
    chat = {"message": {"content": "y"}, "conversation_id": told["conversation_id"]}
    assert client.post("/api/chat", json=chat, headers=headers).status_code == 202
    keyed = headers | {"Idempotency-Key": "k"}
    twice = [client.post("/api/chat", json={"message": {"content": "x"}}, headers=keyed).get_json() for _ in range(2)]
    assert twice[0] == twice[1]
    *_, conversation = client.get(CONVERSATIONS, headers=ann.headers).get_json()["items"]
    assert (conversation["id"], conversation["user"]) == (told["conversation_id"], ann.id)
    senders = {entry.inbound.sender for entry in ledger.entries(ledger.shard_of(conversation["id"]), 10_000)}
    assert ann.id in senders


def test_a_visitor_s_token_opens_another_visitor_s_conversation_as_ever(client: FlaskClient) -> None:
    visitor = Visitor(client)
    answer = client.post(CONVERSATIONS, json={}, headers=visitor.headers).get_json()
    assert answer["token"]
    assert answer["conversation"]["user"] is None


def test_what_was_taken_over_is_the_user_s_and_the_visitor_s_token_opens_nothing_else(client: FlaskClient) -> None:
    ann, visitor = signed_in(client), Visitor(client)
    contact_id = visitor.get().get_json()["contact"]
    with session() as open_:
        assert take_over(open_, visitor.id, contact_id, ann.id)
    assert send(client, visitor.id, ann.headers).status_code == 202
    (conversation,) = client.get(CONVERSATIONS, headers=ann.headers).get_json()["items"]
    assert (conversation["id"], conversation["contact"]) == (visitor.id, contact_id)


@pytest.mark.parametrize(("scopes", "reads", "writes"), [((READ,), 200, 403), ((WRITE,), 403, 202), ((), 403, 403)])
def test_an_api_key_does_what_its_scopes_say(
    client: FlaskClient, scopes: tuple[str, ...], reads: int, writes: int
) -> None:
    ann = signed_in(client)
    conversation_id = opened(client, ann.headers)["id"]
    headers = api_key(ann, *scopes)
    assert client.get(f"{CONVERSATIONS}/{conversation_id}", headers=headers).status_code == reads
    assert client.get(CONVERSATIONS, headers=headers).status_code == reads
    assert send(client, conversation_id, headers).status_code == writes
    assert client.post(CONVERSATIONS, json={}, headers=headers).status_code == {202: 201}.get(writes, writes)


def test_limits_count_the_user_and_not_the_address(started: Started) -> None:
    client = started(RATELIMIT_ENABLED="true", RATELIMIT_USER="3", RATELIMIT_CONVERSATION="2")
    ann, bob = signed_in(client), signed_in(client)
    response = client.post(CONVERSATIONS, json={}, headers=ann.headers)
    assert response.headers["RateLimit-Policy"] == '"user";q=3;w=60'
    first = response.get_json()["conversation"]["id"]
    assert [send(client, first, ann.headers).status_code for _ in range(3)] == [202, 202, 429]
    check_problem(client.post(CONVERSATIONS, json={}, headers=ann.headers), 429)
    opened(client, bob.headers)
    for _ in range(2):
        assert (
            client.post("/api/chat", json={"message": {"content": "x"}}, headers=bob.headers | NOW).status_code == 202
        )
    check_problem(client.post("/api/chat", json={"message": {"content": "x"}}, headers=bob.headers | NOW), 429)


NOW = {"Prefer": "wait=0"}


def test_an_operator_is_not_limited_and_an_operator_s_key_is(started: Started) -> None:
    client = started(RATELIMIT_ENABLED="true", RATELIMIT_USER="2", RATELIMIT_CONVERSATION="2")
    olga = signed_in(client, permissions=["operate"])
    conversation_id = opened(client, olga.headers)["id"]
    assert {send(client, conversation_id, olga.headers).status_code for _ in range(6)} == {202}
    headers = api_key(olga, WRITE)
    assert [send(client, conversation_id, headers).status_code for _ in range(3)] == [202, 202, 429]


def away(started: Started) -> FlaskClient:
    """A client of an app whose database cannot be reached."""
    return started(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")


def test_users_whom_redis_knows_write_on_without_the_database(started: Started, client: FlaskClient) -> None:
    ann, bob = signed_in(client), signed_in(client)
    mine, forgotten = opened(client, ann.headers)["id"], opened(client, ann.headers)["id"]
    owners.forget([forgotten])
    client.get(CONVERSATIONS, headers=ann.headers)  # seeds what Redis must know of revocations
    without = away(started)
    assert send(without, mine, ann.headers).status_code == 202
    response = send(without, forgotten, ann.headers)
    check_problem(response, 503)
    assert response.headers["Retry-After"]
    check_problem(send(without, mine, bob.headers), 503)
    check_problem(without.get(f"{CONVERSATIONS}/{mine}/messages", headers=ann.headers), 503)


def test_an_owner_is_remembered_for_a_day_once_looked_up(client: FlaskClient) -> None:
    ann, bob = signed_in(client), signed_in(client)
    mine = opened(client, ann.headers)["id"]
    owners.forget([mine])
    check_problem(send(client, mine, bob.headers), 404)
    assert owners.find(mine) is None
    assert send(client, mine, ann.headers).status_code == 202
    assert owners.find(mine) == ann.id
    assert 86_000 < redis().ttl(f"owner:{mine}") <= 86_400
    check_problem(send(client, mine, bob.headers), 404)
    assert owners.find(mine) == ann.id


def test_a_conversation_that_was_deleted_for_its_age_is_unknown_again(client: FlaskClient) -> None:
    ann = signed_in(client)
    oldest = opened(client, ann.headers)["id"]
    client.post(f"{CONVERSATIONS}/{oldest}/close", headers=ann.headers)
    for _ in range(50):
        made = opened(client, ann.headers)["id"]
        client.post(f"{CONVERSATIONS}/{made}/close", headers=ann.headers)
    check_problem(send(client, oldest, ann.headers), 404)
    check_problem(client.get(f"{CONVERSATIONS}/{oldest}", headers=ann.headers), 404)


def test_pages_of_conversations(client: FlaskClient) -> None:
    ann = signed_in(client)
    made = [opened(client, ann.headers)["id"] for _ in range(3)]
    first = client.get(f"{CONVERSATIONS}?limit=2", headers=ann.headers).get_json()
    rest = client.get(f"{CONVERSATIONS}?limit=2&after={first['next']}", headers=ann.headers).get_json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    for bad in ("after=1", "after=1:", "after=x:y", "after=1:x;--", "state=open", "q=%00", "q=" + "x" * 201):
        check_problem(client.get(f"{CONVERSATIONS}?{bad}", headers=ann.headers), 422)


def all_of(client: FlaskClient, account: Account, query: str) -> set[str]:
    page = client.get(f"{CONVERSATIONS}?limit=200&{query}", headers=account.headers).get_json()
    return {one["id"] for one in page["items"]}


def test_an_operator_reads_everybody_s_and_writes_in_none(client: FlaskClient) -> None:
    olga, ann, visitor = (
        signed_in(client, permissions=["operate"]),
        signed_in(client, full_name="Ann Q. Lee"),
        Visitor(client),
    )
    mine = opened(client, ann.headers)["id"]
    client.post(f"{CONVERSATIONS}/{mine}/handoff", json={}, headers=ann.headers)
    sent = send(client, mine, ann.headers).get_json()["message_id"]
    assert {mine, visitor.id} <= all_of(client, olga, "")
    assert all_of(client, olga, "q=ann+q.") == {mine}
    assert all_of(client, olga, "own=true") == set()
    assert all_of(client, ann, "own=true") == {mine}
    assert mine in all_of(client, olga, "state=waiting")
    assert visitor.id not in all_of(client, olga, "state=waiting")
    assert all_of(client, ann, "state=waiting&q=lee") == {mine}
    assert all_of(client, ann, "state=agent") == set()
    path = f"{CONVERSATIONS}/{mine}"
    for read in ("", "/messages", f"/messages/{sent}", f"/messages/{sent}/trace", "/events"):
        response = client.get(path + read, headers=olga.headers)
        assert response.status_code == 200
        response.close()
    found = client.get(f"{path}/messages/{sent}", headers=olga.headers).get_json()
    assert found["author"]["kind"] == "user"
    for method, write, body in (
        ("POST", "/messages", {"content": "x"}), ("PUT", "/read", {}), ("POST", "/handoff", {}), ("POST", "/close", {}),
    ):  # fmt: skip
        check_problem(client.open(path + write, method=method, json=body, headers=olga.headers), 404)
    check_problem(client.get(f"{CONVERSATIONS}/unknown/messages", headers=olga.headers), 404)
    assert all_of(client, signed_in(client, permissions=["feedback"]), "") == set()
    keyed = client.get(CONVERSATIONS, headers=api_key(olga, READ)).get_json()
    assert keyed["items"] == []


def test_a_superuser_reads_everybody_s(client: FlaskClient) -> None:
    root, visitor = signed_in(client, is_superuser=True), Visitor(client)
    assert client.get(f"{CONVERSATIONS}/{visitor.id}", headers=root.headers).status_code == 200


def test_what_a_visitor_must_say_is_not_asked_of_a_user(started: Started) -> None:
    client = started(CONTACT_REQUIRED="name,email")
    ann = signed_in(client)
    opened(client, ann.headers)
    assert client.post("/api/chat", json={"message": {"content": "x"}}, headers=ann.headers | NOW).status_code == 202


def test_redis_away_opens_no_conversation_in_vain(stores: Stores, client: FlaskClient) -> None:
    ann = signed_in(client)
    stores.redis.kill()
    try:
        response = client.post("/api/chat", json={"message": {"content": "x"}}, headers=ann.headers | NOW)
        check_problem(response, 503)
    finally:
        stores.redis.start()
    assert client.get(CONVERSATIONS, headers=ann.headers).get_json()["items"] == []
    assert client.post("/api/chat", json={"message": {"content": "x"}}, headers=ann.headers | NOW).status_code == 202
