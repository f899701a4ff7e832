"""Access tokens: what is none, what they open, what they cost; and keys that rotate under them."""

from __future__ import annotations

import re
import time

import jwt
import pytest
from flask.testing import FlaskClient

from models.accounts import verifications
from models.store.database import session
from models.store.redis import redis
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.ingress.identity.account import Account, signed_in
from tests.ingress.identity.forged import forged


def changed(account: Account, **changes: object) -> dict[str, str]:
    """The account's token with one thing changed."""
    now = int(time.time())
    claims: dict[str, object] = {
        "sub": account.id, "iat": now, "exp": now + 60, "session": account.session_id, "generation": 0,
        "superuser": False, "permissions": [],
    }  # fmt: skip
    return forged("access", claims, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1}, {"exp": None}, {"exp": "soon"}, {"iss": "x"}, {"iss": None}, {"aud": "x"}, {"aud": None},
        {"typ": "visitor"}, {"typ": "refresh"}, {"typ": None}, {"kid": "x"}, {"kid": None}, {"key": "k" * 40},
        {"algorithm": "none", "key": ""}, {"algorithm": "HS512"}, {"sub": None}, {"jti": None}, {"iat": None},
        {"session": None}, {"session": "another"}, {"generation": None}, {"permissions": None}, {"superuser": None},
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_token_with_one_fault_is_401(client: FlaskClient, changes: dict[str, object]) -> None:
    account = signed_in(client)
    assert client.get("/api/auth/me", headers=changed(account)).status_code == 200
    if changes.get("session"):
        redis().delete("revocations")  # a session that never was is known to nobody: only the database can tell
    check_problem(client.get("/api/auth/me", headers=changed(account, **changes)), 401)


def test_rights_are_not_taken_from_a_body_or_a_header(client: FlaskClient) -> None:
    account = signed_in(client)
    for headers in ({"X-User": "root"}, {"X-Superuser": "true"}, {"Cookie": f"access_token={account.access}"}):
        assert client.get("/api/users", headers=account.headers | headers).status_code == 403
        assert client.get("/api/auth/me", headers=headers).status_code == 401


def test_keys_rotate_without_signing_anybody_out(started: Started) -> None:
    before = signed_in(started(SECRET_KEY="o" * 40))
    old_header = jwt.get_unverified_header(before.access)
    with session() as db:
        code = verifications.begin(db, before.id, verifications.PHONE, "+4930901820")
    client = started(SECRET_KEY="n" * 40 + "," + "o" * 40)
    assert client.get("/api/auth/me", headers=before.headers).status_code == 200
    pair = client.post("/api/auth/refresh", json={"refresh_token": before.refresh}).get_json()
    assert jwt.get_unverified_header(pair["access_token"])["kid"] != old_header["kid"]
    again = client.post("/api/auth/refresh", json={"refresh_token": before.refresh}).get_json()
    assert again["refresh_token"] == pair["refresh_token"]
    with session() as db:
        assert verifications.use(db, before.id, verifications.PHONE, code) == "+4930901820"
    alone = started(SECRET_KEY="n" * 40)
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    assert alone.get("/api/auth/me", headers=bearer).status_code == 200
    assert alone.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]}).status_code == 200
    check_problem(alone.get("/api/auth/me", headers=before.headers), 401)


def test_an_unverified_number_opens_nothing(client: FlaskClient) -> None:
    """Not a session, not a conversation, not a sign-in by that number."""
    number = "+4930901899"
    ann = signed_in(client, phone_number=number, phone_verified=True)
    ben = signed_in(client, phone_number=number)
    opened = ann.post("/api/conversations", {}).get_json()["conversation"]["id"]
    check_problem(ben.get(f"/api/conversations/{opened}"), 404)
    assert ben.get("/api/conversations").get_json()["items"] == []
    assert ben.get("/api/auth/me").get_json()["phone_verified"] is False


def test_what_is_anothers_is_as_unknown_as_none(client: FlaskClient) -> None:
    ann, ben, visitor = signed_in(client), signed_in(client), Visitor(client)
    conversation = ann.post("/api/conversations", {}).get_json()["conversation"]["id"]
    key = ann.post("/api/auth/keys", {"name": "k", "scopes": ["conversations:read"]}).get_json()["id"]
    message = ann.post(f"/api/conversations/{conversation}/messages", {"content": "x"}).get_json()["message_id"]
    there = f"/api/conversations/{conversation}"
    for path, unknown in (
        (there, "/api/conversations/unknown"),
        (f"{there}/messages", "/api/conversations/unknown/messages"),
        (f"{there}/messages/{message}", f"/api/conversations/unknown/messages/{message}"),
        (f"{there}/messages/{message}/trace", f"/api/conversations/unknown/messages/{message}/trace"),
        (f"{there}/events", "/api/conversations/unknown/events"),
    ):
        assert check_problem(ben.get(path), 404) == check_problem(ben.get(unknown), 404)
        check_problem(client.get(path, headers=visitor.headers), 404)
    for path in (f"/api/auth/sessions/{ann.session_id}", f"/api/auth/keys/{key}"):
        check_problem(ben.delete(path), 404)
    assert ann.get("/api/auth/me").status_code == 200


def test_who_calls_is_asked_before_what_they_say(client: FlaskClient) -> None:
    """A stranger learns nothing of a route from the faults of what was sent to it."""
    asked = 0
    for rule in client.application.url_map.iter_rules():
        if getattr(client.application.view_functions[rule.endpoint], "auth", None) not in {
            "bearer",
            "user",
            "superuser",
        }:
            continue
        address = re.sub("<[^>]*>", "none", rule.rule)
        for method in rule.methods & {"POST", "PUT", "PATCH"}:
            for body in ({"json": {"wrong": True}}, {"data": "{", "content_type": "text/plain"}):
                check_problem(client.open(address, method=method, **body), 401)
                asked += 1
    assert asked > 20


def test_a_browser_may_ask_before_it_sends_a_token(client: FlaskClient) -> None:
    assert client.options("/api/auth/me").status_code == 200
