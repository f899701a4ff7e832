"""API keys: shown once, within scopes, and gone at once."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models.accounts.api_keys import ApiKey
from models.store.database import reading
from tests.ingress.conftest import Visitor, check_problem
from tests.ingress.identity.account import Account, signed_in

READ, WRITE = "conversations:read", "conversations:write"


@pytest.fixture
def account(client: FlaskClient) -> Account:
    return signed_in(client)


def a_key(account: Account, *scopes: str) -> dict[str, Any]:
    """A new one with its secret."""
    response = account.post("/api/auth/keys", {"name": "script", "scopes": scopes or [READ]})
    assert response.status_code == 201, response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    return response.get_json()


def bearer(key: dict[str, Any]) -> dict[str, str]:
    """Headers with the key."""
    return {"Authorization": f"Bearer {key['key']}"}


def test_a_key_is_shown_once_and_kept_as_a_hash(account: Account) -> None:
    key = a_key(account, READ, READ)
    assert key["key"].startswith("sbk_")
    assert (key["name"], key["scopes"], key["last_used_at"]) == ("script", [READ], None)
    listed = account.get("/api/auth/keys").get_json()
    assert listed == {"items": [{name: key[name] for name in key if name != "key"}], "next": None}
    with reading() as db:
        assert key["key"] not in str(db.get(ApiKey, key["id"]).model_dump())


def test_a_key_acts_for_its_user_within_its_scopes(account: Account) -> None:
    reads, writes = a_key(account, READ), a_key(account, READ, WRITE)
    opened = account.client.post("/api/conversations", json={}, headers=bearer(writes))
    assert opened.status_code == 201
    assert opened.get_json()["conversation"]["user"] == account.id
    seen = account.client.get("/api/conversations", headers=bearer(reads)).get_json()["items"]
    assert [one["id"] for one in seen] == [opened.get_json()["conversation"]["id"]]
    check_problem(account.client.post("/api/conversations", json={}, headers=bearer(reads)), 403)
    used = {one["id"]: one["last_used_at"] for one in account.get("/api/auth/keys").get_json()["items"]}
    assert used[reads["id"]] is not None
    assert used[writes["id"]] is not None


def test_a_key_makes_no_keys_and_has_no_rights(client: FlaskClient) -> None:
    root = signed_in(client, is_superuser=True, permissions=["operate"])
    key = a_key(root, READ, WRITE)
    theirs = client.post("/api/conversations", json={}).get_json()["conversation"]["id"]
    assert root.get(f"/api/conversations/{theirs}").status_code == 200
    check_problem(client.get(f"/api/conversations/{theirs}", headers=bearer(key)), 404)
    for path in ("/api/auth/keys", "/api/auth/me", "/api/users"):
        check_problem(client.get(path, headers=bearer(key)), 403)
    check_problem(client.post("/api/auth/keys", json={"name": "x", "scopes": [READ]}, headers=bearer(key)), 403)


def test_a_deleted_key_is_refused_at_once(account: Account) -> None:
    key, other = a_key(account), a_key(account)
    assert account.client.get("/api/conversations", headers=bearer(key)).status_code == 200
    assert account.delete(f"/api/auth/keys/{key['id']}").status_code == 204
    check_problem(account.client.get("/api/conversations", headers=bearer(key)), 401)
    assert account.client.get("/api/conversations", headers=bearer(other)).status_code == 200
    check_problem(account.delete(f"/api/auth/keys/{key['id']}"), 404)


def test_a_stranger_s_key_is_as_unknown_as_none(account: Account) -> None:
    stranger, key = signed_in(account.client), a_key(account)
    theirs = check_problem(stranger.delete(f"/api/auth/keys/{key['id']}"), 404)
    assert theirs == check_problem(stranger.delete("/api/auth/keys/unknown"), 404)
    assert account.client.get("/api/conversations", headers=bearer(key)).status_code == 200
    assert stranger.get("/api/auth/keys").get_json()["items"] == []


@pytest.mark.parametrize(
    "said",
    [
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": [READ, "operate"]},
        {"name": "", "scopes": [READ]},
        {"name": "x" * 101, "scopes": [READ]},
        {"scopes": [READ]},
        {"name": "x", "scopes": [READ], "user_id": "somebody"},
        {"name": "x", "scopes": [READ], "key": "sbk_mine"},
    ],
)
def test_what_is_no_key_is_422(account: Account, said: dict[str, Any]) -> None:
    check_problem(account.post("/api/auth/keys", said), 422)
    assert account.get("/api/auth/keys").get_json()["items"] == []


def test_the_fifty_first_key_is_409(account: Account) -> None:
    keys = [a_key(account) for _ in range(50)]
    assert "50" in check_problem(account.post("/api/auth/keys", {"name": "x", "scopes": [READ]}), 409)["detail"]
    account.delete(f"/api/auth/keys/{keys[0]['id']}")
    a_key(account)


def test_only_users_have_keys(client: FlaskClient, visitor: Visitor) -> None:
    for headers, status in (({}, 401), (visitor.headers, 403)):
        check_problem(client.get("/api/auth/keys", headers=headers), status)
        check_problem(client.post("/api/auth/keys", json={"name": "x", "scopes": [READ]}, headers=headers), status)
        check_problem(client.delete("/api/auth/keys/x", headers=headers), status)
