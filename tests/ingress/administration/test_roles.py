"""Roles and the audit trail, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.store.redis import redis
from tests.ingress.conftest import check_problem
from tests.ingress.identity.account import Account, signed_in


@pytest.fixture
def root(client: FlaskClient) -> Account:
    return signed_in(client, is_superuser=True)


def a_role(root: Account, *permissions: str) -> dict[str, Any]:
    """A new one."""
    said = {"name": f"role {uuid.uuid4().hex[:8]}", "description": "for a test", "permissions": permissions}
    response = root.post("/api/roles", said)
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json()


def refreshed(account: Account) -> Account:
    """The same with the rights of now."""
    told = account.client.post("/api/auth/refresh", json={"refresh_token": account.refresh}).get_json()
    account.access, account.refresh = told["access_token"], told["refresh_token"]
    return account


def sees_all(account: Account) -> int:
    """The status of what only operators see: another's conversation."""
    theirs = account.client.post("/api/conversations", json={}).get_json()["conversation"]["id"]
    return account.get(f"/api/conversations/{theirs}").status_code


def test_roles_are_made_listed_and_deleted(root: Account) -> None:
    role = a_role(root, "operate", "operate")
    assert role["permissions"] == ["operate"]
    assert role["built_in"] is False
    listed = root.get("/api/roles").get_json()
    assert listed["next"] is None
    assert role in listed["items"]
    operator = next(one for one in listed["items"] if one["name"] == "operator")
    assert (operator["built_in"], operator["permissions"]) == (True, ["operate"])
    check_problem(root.delete(f"/api/roles/{operator['id']}"), 409)
    check_problem(root.post("/api/roles", {"name": role["name"], "permissions": ["operate"]}), 409)
    assert root.delete(f"/api/roles/{role['id']}").status_code == 204
    check_problem(root.delete(f"/api/roles/{role['id']}"), 404)
    assert role not in root.get("/api/roles").get_json()["items"]


@pytest.mark.parametrize(
    "said",
    [
        {"name": "x", "permissions": ["everything"]},
        {"name": "x", "permissions": []},
        {"name": "x", "permissions": "operate"},
        {"name": " ", "permissions": ["operate"]},
        {"name": "x" * 101, "permissions": ["operate"]},
        {"permissions": ["operate"]},
        {"name": "x", "permissions": ["operate"], "built_in": True},
    ],
)
def test_what_is_no_role_is_422(root: Account, said: dict[str, Any]) -> None:
    check_problem(root.post("/api/roles", said), 422)


def test_the_document_tells_what_permissions_mean(client: FlaskClient) -> None:
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    permissions = schemas["NewRole"]["properties"]["permissions"]
    assert permissions["items"]["enum"] == ["operate", "feedback"]
    assert "`operate`: See all conversations" in permissions["description"]
    assert schemas["NewKey"]["properties"]["scopes"]["items"]["enum"] == ["conversations:read", "conversations:write"]


def test_a_role_is_had_with_the_next_token_and_lost_at_once(root: Account) -> None:
    user = signed_in(root.client)
    role = a_role(root, "operate")
    assert sees_all(user) == 404
    given = root.put(f"/api/users/{user.id}/roles", {"role_ids": [role["id"]]})
    assert given.get_json()["roles"] == [role]
    assert sees_all(user) == 401
    assert sees_all(refreshed(user)) == 200
    assert root.put(f"/api/users/{user.id}/roles", {"role_ids": []}).get_json()["roles"] == []
    for _ in ("Redis knows it", "Redis was wiped"):
        assert sees_all(user) == 401
        redis().flushall()
    assert sees_all(refreshed(user)) == 404


def test_a_deleted_role_is_lost_at_once(root: Account) -> None:
    role = a_role(root, "operate")
    user, other = signed_in(root.client), signed_in(root.client)
    root.put(f"/api/users/{user.id}/roles", {"role_ids": [role["id"]]})
    assert sees_all(refreshed(user)) == 200
    assert root.delete(f"/api/roles/{role['id']}").status_code == 204
    assert sees_all(user) == 401
    assert sees_all(refreshed(user)) == 404
    assert sees_all(other) == 404  # and still signed in


def test_roles_that_do_not_exist_are_422_and_change_nothing(root: Account) -> None:
    user, role = signed_in(root.client), a_role(root, "feedback")
    root.put(f"/api/users/{user.id}/roles", {"role_ids": [role["id"]]})
    for ids in ([role["id"], "unknown"], ["\ud800"], [1], None):
        check_problem(root.put(f"/api/users/{user.id}/roles", {"role_ids": ids}), 422)
    assert root.get(f"/api/users/{user.id}").get_json()["roles"] == [role]


def test_the_audit_trail_is_read_newest_first_and_filtered(root: Account) -> None:
    user = signed_in(root.client)
    role = a_role(root, "feedback")
    root.put(f"/api/users/{user.id}/roles", {"role_ids": [role["id"]]})
    root.post(f"/api/users/{user.id}/disable")
    root.post(f"/api/users/{user.id}/enable")

    def told(query: str) -> list[tuple[str, str | None]]:
        items = root.get(f"/api/admin/audit?{query}").get_json()["items"]
        return [(one["action"], one["subject"]) for one in items]

    assert told(f"subject={user.id}") == [
        ("user.enabled", user.id),
        ("user.disabled", user.id),
        ("roles.changed", user.id),
    ]
    assert told(f"actor={root.id}&action=role.created") == [("role.created", None)]
    assert told(f"actor={user.id}") == []
    first = root.get(f"/api/admin/audit?actor={root.id}&limit=3").get_json()
    entry = first["items"][2]
    assert entry["actor"] == root.id
    assert entry["address"] == "127.0.0.1"
    assert entry["detail"] == {"roles": [role["id"]]}
    assert told(f"actor={root.id}&limit=3&after={first['next']}") == [("role.created", None)]
    for query in ("after=x", "after=1e3", f"after={'9' * 19}", "action=%00", "limit=0"):
        check_problem(root.get(f"/api/admin/audit?{query}"), 422)


def test_nobody_writes_the_audit_trail_over_http(root: Account) -> None:
    for method in ("post", "put", "delete"):
        check_problem(getattr(root.client, method)("/api/admin/audit", headers=root.headers), 405)
