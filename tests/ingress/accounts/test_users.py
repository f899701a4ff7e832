"""What superusers do with accounts, over HTTP; and that what they take away is gone at once."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models.accounts import api_keys, audit
from models.people import users
from models.store.database import reading, session
from models.store.redis import redis
from tests.ingress.conftest import Visitor, check_problem
from tests.ingress.identity.account import Account, signed_in
from tests.stores import Stores

PASSWORD = "a few words to remember"


@pytest.fixture
def root(client: FlaskClient) -> Account:
    return signed_in(client, is_superuser=True)


def refresh(account: Account) -> TestResponse:
    """With the account's refresh token, which is kept if it was good."""
    response = account.client.post("/api/auth/refresh", json={"refresh_token": account.refresh})
    if response.status_code == 200:
        account.access, account.refresh = (response.get_json()[name] for name in ("access_token", "refresh_token"))
    return response


def login(client: FlaskClient, email: str, password: str = PASSWORD) -> TestResponse:
    """Signs in."""
    return client.post("/api/auth/login", json={"email": email, "password": password})


def made(root: Account, **said: Any) -> dict[str, Any]:
    """A user whom the superuser makes."""
    response = root.post("/api/users", {"email": f"{uuid.uuid4().hex[:12]}@example.org", "password": PASSWORD} | said)
    assert response.status_code == 201, response.get_data(as_text=True)
    assert response.headers["Location"] == f"/api/users/{response.get_json()['id']}"
    return response.get_json()


def entered(root: Account, user: dict[str, Any]) -> Account:
    """That user, signed in with the password."""
    told = login(root.client, user["email"]).get_json()
    return Account(root.client, user["id"], "", told["access_token"], told["refresh_token"])


def last_audit(subject: str) -> Any:
    """The newest entry about a user."""
    with reading() as db:
        return audit.page(db, None, 1, subject=subject)[0]


def every_route(user_id: str) -> list[tuple[str, str, Any]]:
    """Method, path and a body for each route of superusers."""
    return [
        ("get", "/api/users", None),
        ("post", "/api/users", {"email": "x@example.org"}),
        ("get", f"/api/users/{user_id}", None),
        ("put", f"/api/users/{user_id}", {"bio": "x"}),
        ("delete", f"/api/users/{user_id}", None),
        ("post", f"/api/users/{user_id}/disable", None),
        ("post", f"/api/users/{user_id}/enable", None),
        ("put", f"/api/users/{user_id}/superuser", {"is_superuser": True}),
        ("put", f"/api/users/{user_id}/roles", {"role_ids": []}),
        ("get", "/api/roles", None),
        ("post", "/api/roles", {"name": "x", "permissions": ["operate"]}),
        ("delete", f"/api/roles/{user_id}", None),
        ("get", "/api/admin/audit", None),
    ]


def test_only_superusers_administer(client: FlaskClient, root: Account, visitor: Visitor) -> None:
    user = signed_in(client, permissions=["operate", "feedback"])
    with session() as db:
        _, key = api_keys.add(db, root.id, "root's", list(api_keys.SCOPES))
    keyed = {"Authorization": f"Bearer {key}"}
    for method, path, body in every_route(user.id):
        call = getattr(client, method)
        check_problem(call(path, json=body), 401)
        for headers in (user.headers, visitor.headers, keyed):
            check_problem(call(path, json=body, headers=headers), 403)
    assert user.get("/api/auth/me").get_json()["is_superuser"] is False


def test_who_is_unknown_is_404(root: Account) -> None:
    for user_id in (str(uuid.uuid4()), "x", "%F0%9F%99%82"):
        for method, path, body in every_route(user_id):
            if user_id in path:
                check_problem(getattr(root.client, method)(path, json=body, headers=root.headers), 404)


def test_a_made_user_signs_in_with_the_password_and_roles_they_were_given(root: Account) -> None:
    role = root.post("/api/roles", {"name": "made", "permissions": ["feedback"]}).get_json()
    user = made(root, username="Made", full_name="Made Up", role_ids=[role["id"]], is_superuser=True)
    assert (user["username"], user["is_superuser"], user["email_verified"]) == ("Made", True, False)
    assert [one["name"] for one in user["roles"]] == ["made"]
    entry = last_audit(user["id"])
    assert (entry.action, entry.actor, entry.address) == ("user.created", root.id, "127.0.0.1")
    assert entered(root, user).get(f"/api/users/{user['id']}").get_json() == user
    check_problem(root.post("/api/users", {"email": user["email"].upper()}), 409)
    check_problem(root.post("/api/users", {"email": "other@example.org", "username": "made"}), 409)
    check_problem(root.post("/api/users", {"email": "other@example.org", "role_ids": ["unknown"]}), 422)


def test_without_a_password_nobody_signs_in_until_one_is_set(root: Account) -> None:
    user = root.post("/api/users", {"email": "later@example.org"}).get_json()
    for password in (PASSWORD, "None"):
        check_problem(login(root.client, user["email"], password), 401)
    assert root.put(f"/api/users/{user['id']}", {"password": PASSWORD}).status_code == 200
    assert login(root.client, user["email"]).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"email": "nobody"},
        {},
        {"email": "a@example.org", "password": "short"},
        {"email": "abcdefgh.ijklmnop@example.org", "password": "abcdefgh.ijklmnop"},
        {"email": "a@example.org", "id": "x"},
        {"email": "a@example.org", "email_verified": True},
        {"email": "a@example.org", "is_superuser": "yes"},
        {"email": "a@example.org", "role_ids": "operator"},
    ],
)
def test_what_no_user_can_be_made_of_is_422(root: Account, said: dict[str, Any]) -> None:
    problem = check_problem(root.post("/api/users", said), 422)
    assert said.get("password", "\0") not in str(problem)


def test_a_change_of_a_user(root: Account) -> None:
    user = made(root, full_name="Before", username="before")
    path = f"/api/users/{user['id']}"
    changed = root.put(path, {"full_name": "After", "phone_number": "+49 30 901820", "email": "After@Example.org"})
    assert changed.get_json() == user | {
        "full_name": "After",
        "phone_number": "+4930901820",
        "email": "after@example.org",
        "updated_at": changed.get_json()["updated_at"],
    }
    entry = last_audit(user["id"])
    assert (entry.action, entry.actor) == ("user.changed", root.id)
    assert "After" not in str(entry.detail)
    assert root.put(path, {"username": None}).get_json()["username"] is None
    other = made(root)
    check_problem(root.put(path, {"email": other["email"]}), 409)
    said: dict[str, Any]
    for said in (
        {"email": None},
        {"password": None},
        {"is_superuser": True},
        {"is_active": False},
        {"roles": []},
        {"password_hash": "x"},
        {"generation": 0},
        {"email_verified": True},
    ):
        check_problem(root.put(path, said), 422)
    assert root.get(path).get_json()["is_superuser"] is False


def test_a_new_password_signs_the_user_out_everywhere(root: Account) -> None:
    user = made(root, full_name="somebody's name")
    account = entered(root, user)
    path = f"/api/users/{user['id']}"
    assert check_problem(root.put(path, {"password": "somebody's name"}), 422)["errors"][0]["field"] == "password"
    assert account.get("/api/auth/me").status_code == 200
    assert root.put(path, {"password": "other words to remember"}).status_code == 200
    check_problem(account.get("/api/auth/me"), 401)
    check_problem(refresh(account), 401)
    check_problem(login(root.client, user["email"]), 401)
    assert login(root.client, user["email"], "other words to remember").status_code == 200
    assert last_audit(user["id"]).action == "session.begun"


def key_of(account: Account) -> dict[str, str]:
    """Headers with a new API key of the account's."""
    key = account.post("/api/auth/keys", {"name": "script", "scopes": ["conversations:read"]}).get_json()["key"]
    return {"Authorization": f"Bearer {key}"}


def test_a_disabled_user_is_out_at_once_and_back_when_enabled(root: Account) -> None:
    user = made(root)
    account = entered(root, user)
    keyed = key_of(account)
    assert account.client.get("/api/conversations", headers=keyed).status_code == 200
    disabled = root.post(f"/api/users/{user['id']}/disable")
    assert (disabled.status_code, disabled.get_json()["is_active"]) == (200, False)
    for _ in ("Redis knows it", "Redis was wiped"):
        check_problem(account.get("/api/auth/me"), 401)
        check_problem(account.client.get("/api/conversations", headers=keyed), 401)
        check_problem(refresh(account), 401)
        redis().flushall()
    check_problem(login(root.client, user["email"]), 403)
    check_problem(login(root.client, user["email"], "wrong words to remember"), 401)
    assert last_audit(user["id"]).action == "session.refused"
    assert root.post(f"/api/users/{user['id']}/enable").get_json()["is_active"] is True
    assert account.client.get("/api/conversations", headers=keyed).status_code == 200
    check_problem(account.get("/api/auth/me"), 401)
    check_problem(refresh(account), 401)
    assert entered(root, user).get("/api/auth/me").status_code == 200


def test_a_session_that_began_at_the_moment_of_disabling_is_of_no_use(root: Account) -> None:
    account = signed_in(root.client)
    with session() as db:  # as if it had begun right behind the end of the others
        users.change(db, account.id, is_active=False)
    check_problem(refresh(account), 401)
    root.post(f"/api/users/{account.id}/enable")
    check_problem(account.get("/api/auth/me"), 401)
    check_problem(refresh(account), 401)


def test_a_demoted_superuser_may_nothing_at_once(root: Account) -> None:
    other = signed_in(root.client, is_superuser=True)
    assert other.get("/api/users").status_code == 200
    demoted = root.put(f"/api/users/{other.id}/superuser", {"is_superuser": False})
    assert demoted.get_json()["is_superuser"] is False
    for _ in ("Redis knows it", "Redis was wiped"):
        check_problem(other.get("/api/users"), 401)
        redis().flushall()
    check_problem(other.get("/api/users"), 401)
    assert refresh(other).status_code == 200
    check_problem(other.get("/api/users"), 403)
    assert other.get("/api/auth/me").status_code == 200
    assert root.put(f"/api/users/{other.id}/superuser", {"is_superuser": True}).status_code == 200
    check_problem(other.get("/api/users"), 401)
    assert refresh(other).status_code == 200
    assert other.get("/api/users").status_code == 200
    assert last_audit(other.id).action == "superuser.granted"


def test_without_redis_the_database_refuses_who_was_demoted(root: Account, stores: Stores) -> None:
    other = signed_in(root.client, is_superuser=True)
    root.put(f"/api/users/{other.id}/superuser", {"is_superuser": False})
    stores.redis.kill()
    try:
        check_problem(other.get("/api/users"), 401)
        assert root.get("/api/users").status_code == 200
    finally:
        stores.redis.start()


def test_the_last_superuser_stays(root: Account) -> None:
    everybody: list[dict[str, Any]] = []
    after = ""
    while after is not None:
        told = root.get(f"/api/users?limit=200{after and '&after=' + after}").get_json()
        everybody, after = everybody + told["items"], told["next"]
    for user in everybody:
        if user["is_superuser"] and user["id"] != root.id:
            assert root.put(f"/api/users/{user['id']}/superuser", {"is_superuser": False}).status_code == 200
    path = f"/api/users/{root.id}"
    check_problem(root.put(f"{path}/superuser", {"is_superuser": False}), 409)
    check_problem(root.post(f"{path}/disable"), 409)
    check_problem(root.delete(path), 409)
    assert root.get(path).get_json()["is_active"] is True
    other = made(root, is_superuser=True)
    assert root.delete(path).status_code == 204
    check_problem(root.get(path), 401)
    assert entered(root, other).get("/api/users").status_code == 200


def test_a_deleted_user_is_gone_and_what_they_wrote_stays(root: Account) -> None:
    user = made(root, full_name="Ann Lee")
    account = entered(root, user)
    keyed = key_of(account)
    opened = account.post("/api/conversations", {}).get_json()["conversation"]
    assert root.delete(f"/api/users/{user['id']}").status_code == 204
    check_problem(root.get(f"/api/users/{user['id']}"), 404)
    check_problem(root.delete(f"/api/users/{user['id']}"), 404)
    for _ in ("Redis knows it", "Redis was wiped"):
        check_problem(account.get("/api/auth/me"), 401)
        check_problem(account.get(f"/api/conversations/{opened['id']}"), 401)
        check_problem(account.client.get("/api/conversations", headers=keyed), 401)
        check_problem(refresh(account), 401)
        redis().flushall()
    check_problem(account.get("/api/auth/me"), 401)
    check_problem(login(root.client, user["email"]), 401)
    operator = signed_in(root.client, permissions=["operate"])
    left = operator.get(f"/api/conversations/{opened['id']}").get_json()
    assert left["user"] is None
    assert left["contact"] is not None
    entry = last_audit(user["id"])
    assert (entry.action, entry.actor) == ("user.deleted", root.id)
    assert made(root, email=user["email"])["id"] != user["id"]


def test_users_are_listed_page_by_page(root: Account) -> None:
    names = [made(root, full_name=f"Paged {n} Person", password=None)["id"] for n in range(3)]
    first = root.get("/api/users?q=paged%20person&limit=2").get_json()
    assert [one["id"] for one in first["items"]] == names[:2]
    second = root.get(f"/api/users?q=paged%20person&limit=2&after={first['next']}").get_json()
    assert ([one["id"] for one in second["items"]], second["next"]) == (names[2:], None)
    for query in ("after=x", "after=9999999999999999999.x", "after=.", "limit=0", "limit=201", "q=%00", "after=1.%00"):
        check_problem(root.get(f"/api/users?{query}"), 422)
