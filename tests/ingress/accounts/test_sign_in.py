"""Registering and signing in, with a real auth worker."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient

from models.accounts import audit
from models.people.users import User
from models.store.database import reading, session
from models.store.redis import redis
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.live import until

PASSWORD = "a few words to remember"
LONG = "seventy-two letters and no more are looked at by bcrypt, it is said here"  # 72 bytes
ACCENTED = "âéîôû à côté d'été où déjà naïfs, même là-bas, près dès"  # 72 bytes and more


def register(client: FlaskClient, name: str, **more: Any) -> dict[str, Any]:
    """A new user's tokens."""
    response = client.post(
        "/api/auth/register", json={"email": f"{name}@example.org", "password": PASSWORD, "username": name} | more
    )
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json()


def test_register_and_sign_in(client: FlaskClient) -> None:
    made = register(client, "ann", full_name="Ann Onymous", email="Ann@Example.ORG")
    assert set(made) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (made["token_type"], made["expires_in"]) == ("bearer", 1500)
    user = made["user"]
    assert user["email"] == "ann@example.org" and user["full_name"] == "Ann Onymous"
    assert not user["email_verified"] and not user["is_superuser"] and user["is_active"] and user["roles"] == []
    for who in ({"email": "ANN@example.org"}, {"username": "Ann"}, {"username": "ann@example.org"}):
        signed = client.post("/api/auth/login", json={"password": PASSWORD, **who})
        assert signed.status_code == 200, who
        assert signed.get_json()["user"]["id"] == user["id"]
    form = {"username": "ann", "password": PASSWORD, "grant_type": "password", "scope": ""}
    signed = client.post("/api/auth/login", data=form).get_json()
    me = client.get("/api/auth/me", headers={"Authorization": f"Bearer {signed['access_token']}"})
    assert me.get_json() == signed["user"]
    header = jwt.get_unverified_header(signed["access_token"])
    assert (header["alg"], header["typ"]) == ("HS256", "access") and header["kid"]


@pytest.mark.parametrize(
    ("password", "other"),
    [
        (LONG + "x", LONG + "y"),
        (ACCENTED + "é", ACCENTED + "e"),
        (ACCENTED + "é", ACCENTED),
        ("für grün übel müde", "fur grun ubel mude"),
    ],
)
def test_all_of_a_long_password_counts(client: FlaskClient, password: str, other: str) -> None:
    name = f"long{abs(hash((password, other)))}"
    register(client, name, password=password)
    assert client.post("/api/auth/login", json={"username": name, "password": password}).status_code == 200
    check_problem(client.post("/api/auth/login", json={"username": name, "password": other}), 401)


def test_a_password_is_the_same_however_it_is_typed(client: FlaskClient) -> None:
    register(client, "compose", password="cafe\u0301 with fifteen letters")
    typed = {"username": "compose", "password": "caf\u00e9 with fifteen letters"}
    assert client.post("/api/auth/login", json=typed).status_code == 200


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "passwordpassword",
        "qwerty123456789",
        "bad@example.org",
        "badbadbadbadbadbad",
        "1234567890123456",
        "a" * 15,
        " " * 15,
        "\u00a0" * 15,
        "x" * 500,
        "qwertyuiopasdfgh",
        "1q2w3e4r5t6y7u8i",
        "P@ssw0rd2024!!!!",
        "aaaaabbbbbccccc",
        "ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ",
    ],
)
def test_passwords_that_would_be_guessed_are_refused_with_a_reason(client: FlaskClient, password: str) -> None:
    said = {"email": "bad@example.org", "username": "bad", "password": password}
    problem = check_problem(client.post("/api/auth/register", json=said), 422)
    assert problem["errors"][0]["field"] == "password"
    assert password not in str(problem)


def test_what_is_taken_is_409(client: FlaskClient) -> None:
    register(client, "first")
    same_email = {"email": "FIRST@example.org", "password": PASSWORD}
    same_name = {"email": "second@example.org", "username": "First", "password": PASSWORD}
    for said in (same_email, same_name):
        check_problem(client.post("/api/auth/register", json=said), 409)


@pytest.mark.parametrize("extra", [{"is_superuser": True}, {"roles": ["x"]}, {"email_verified": True}, {"id": "x"}])
def test_mass_assignment_changes_nothing(client: FlaskClient, extra: dict[str, Any]) -> None:
    said = {"email": "mass@example.org", "password": PASSWORD} | extra
    check_problem(client.post("/api/auth/register", json=said), 422)
    tokens = register(client, f"mass{next(iter(extra))}")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    check_problem(client.put("/api/auth/me", json=extra, headers=bearer), 422)
    assert client.get("/api/auth/me", headers=bearer).get_json() == tokens["user"]


@pytest.mark.parametrize(
    "said",
    [
        {"email": "nobody", "password": PASSWORD},
        {"email": "a@b", "password": PASSWORD},
        {"email": "a@example.org"},
        {"email": "a@example.org", "password": "x" * 1025},
        {"email": "a@example.org", "password": "é" * 513},
        {"email": "a@example.org", "password": 15 * 10**15},
        {"email": "a@example.org", "password": PASSWORD, "username": "with space"},
        {"email": "a@example.org", "password": PASSWORD, "username": "other@example.org"},
        {"email": "a@example.org", "password": PASSWORD, "username": "x" * 101},
        {"email": "a@example.org", "password": "nul in the middle\0 of it"},
    ],
)
def test_what_cannot_be_registered_is_422(client: FlaskClient, said: dict[str, Any]) -> None:
    problem = check_problem(client.post("/api/auth/register", json=said), 422)
    assert PASSWORD not in str(problem)


def test_login_wants_one_name_and_a_password(client: FlaskClient) -> None:
    for said in ({"password": "x"}, {"username": "a"}, {"username": "a", "email": "a@b.c", "password": "x"}, {}):
        check_problem(client.post("/api/auth/login", json=said), 422)
    check_problem(client.post("/api/auth/login", data="{", content_type="application/json"), 400)
    check_problem(client.post("/api/auth/login", data="x", content_type="text/plain"), 415)
    check_problem(client.post("/api/auth/refresh", data={"refresh_token": "x"}), 415)


def test_nobody_learns_who_exists(client: FlaskClient) -> None:
    """Same status and body; and the time of one hash, whoever is asked for. The order is mixed, so that a slow moment
    meets both."""
    register(client, "known")
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    bodies = set()
    for name in ("known", "unknown") * 8:
        began = time.perf_counter()
        response = client.post("/api/auth/login", json={"username": name, "password": "wrong " * 4})
        times[name].append(time.perf_counter() - began)
        if response.status_code == 401:
            bodies.add(response.get_data(as_text=True))
        else:
            check_problem(response, 429)
            times[name].pop()
    assert len(bodies) == 1
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    assert min(medians.values()) > 0.1  # both were hashed


def test_the_account_waits_longer_and_longer_and_its_owner_does_not(client: FlaskClient) -> None:
    tokens = register(client, "throttled")
    right = {"username": "throttled", "password": PASSWORD}
    assert client.post("/api/auth/login", json=right).status_code == 200  # the owner's address is known from now on
    numbers = itertools.count()

    def guess() -> Any:
        n = next(numbers)
        said = {"username": "throttled", "password": f"guess number {n:05}"}
        forged = {"X-Forwarded-For": f"198.51.100.{n}"}
        stranger = {"REMOTE_ADDR": f"203.0.113.{n % 250}"}
        return client.post("/api/auth/login", json=said, headers=forged, environ_overrides=stranger)

    statuses = [guess().status_code for _ in range(100)]
    assert statuses.count(401) < 12, statuses
    assert statuses.count(429) > 88
    first = int(guess().headers["Retry-After"])
    until(lambda: guess().status_code == 401)  # the wait is over: one more guess, and a longer wait
    assert int(guess().headers["Retry-After"]) > first
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.get("/api/auth/me", headers=bearer).status_code == 200
    assert client.post("/api/auth/login", json=right).status_code == 200
    refused = {"REMOTE_ADDR": "203.0.113.250"}
    check_problem(client.post("/api/auth/login", json=right, environ_overrides=refused), 429)


def test_an_address_signs_in_five_times_a_minute(started: Started) -> None:
    client = started(RATELIMIT_ENABLED="true")
    here = {"REMOTE_ADDR": "192.0.2.77"}

    def attempt(n: int, **headers: str) -> int:
        said = {"username": f"nobody{n}", "password": PASSWORD}
        response = client.post("/api/auth/login", json=said, environ_overrides=here, headers=headers)
        if response.status_code == 429:
            assert int(response.headers["Retry-After"]) > 0
            assert response.headers["RateLimit"].startswith('"login"')
        return response.status_code

    statuses = [attempt(n, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    said = {"email": "limited@example.org", "password": PASSWORD}
    check_problem(client.post("/api/auth/register", json=said, environ_overrides=here), 429)


def test_a_neighbour_in_the_same_ipv6_network_is_counted_alike(started: Started) -> None:
    client = started(RATELIMIT_ENABLED="true", RATELIMIT_LOGIN="2")
    said = {"username": "nobody", "password": PASSWORD}
    found = [
        client.post("/api/auth/login", json=said, environ_overrides={"REMOTE_ADDR": f"2001:db8::{n}"}).status_code
        for n in range(1, 4)
    ]
    assert found == [401, 401, 429]


def test_a_disabled_user_is_told_only_with_the_right_password(client: FlaskClient) -> None:
    tokens = register(client, "disabled")
    with session() as db:
        db.get(User, tokens["user"]["id"]).is_active = False
    wrong = client.post("/api/auth/login", json={"username": "disabled", "password": "wrong " * 4})
    check_problem(wrong, 401)
    right = client.post("/api/auth/login", json={"username": "disabled", "password": PASSWORD})
    assert "disabled" in check_problem(right, 403)["detail"]


def test_password_change_signs_the_other_devices_out(client: FlaskClient) -> None:
    here = register(client, "changing")
    there = client.post("/api/auth/login", json={"username": "changing", "password": PASSWORD}).get_json()
    bearer = {"Authorization": f"Bearer {here['access_token']}"}
    other = {"Authorization": f"Bearer {there['access_token']}"}

    def change(current: str | None, new: str) -> Any:
        said = {"new": new} | ({"current": current} if current else {})
        return client.put("/api/auth/me/password", json=said, headers=bearer)

    check_problem(change("wrong " * 4, "another few words"), 403)
    check_problem(change(None, "another few words"), 403)
    assert check_problem(change(PASSWORD, "short"), 422)["errors"][0]["field"] == "new"
    assert client.get("/api/auth/me", headers=other).status_code == 200
    assert change(PASSWORD, "another few words").status_code == 204
    assert client.get("/api/auth/me", headers=bearer).status_code == 200
    check_problem(client.get("/api/auth/me", headers=other), 401)
    check_problem(client.post("/api/auth/refresh", json={"refresh_token": there["refresh_token"]}), 401)
    check_problem(client.post("/api/auth/login", json={"username": "changing", "password": PASSWORD}), 401)
    again = {"username": "changing", "password": "another few words"}
    assert client.post("/api/auth/login", json=again).status_code == 200


def test_two_of_the_same_address_at_once_make_one_account(client: FlaskClient) -> None:
    statuses: list[int] = []

    def attempt() -> None:
        said = {"email": "race@example.org", "password": PASSWORD}
        statuses.append(client.application.test_client().post("/api/auth/register", json=said).status_code)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409]


def test_the_trail_tells_what_happened_without_names(client: FlaskClient) -> None:
    tokens = register(client, "audited")
    client.post("/api/auth/login", json={"username": "audited", "password": "wrong " * 4})
    with reading() as db:
        rows = audit.page(db, None, 10, subject=tokens["user"]["id"])
    assert [row.action for row in rows] == ["session.refused", "session.begun", "user.registered"]
    assert rows[0].actor is None
    assert "audited" not in str([row.model_dump() for row in rows])


def test_a_visitors_conversation_becomes_the_users(client: FlaskClient) -> None:
    visitor, stranger = Visitor(client), Visitor(client)
    made = register(client, "visiting")
    said = {"username": "visiting", "password": PASSWORD}
    tokens = client.post("/api/auth/login", json=said, headers=visitor.headers).get_json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    mine = client.get(f"/api/conversations/{visitor.id}", headers=bearer).get_json()
    assert (mine["user"], mine["state"]) == (made["user"]["id"], "agent")
    check_problem(visitor.get(), 401)  # the visitor's token is void from now on
    check_problem(visitor.send(), 401)
    assert stranger.get().status_code == 200
    check_problem(client.get(f"/api/conversations/{stranger.id}", headers=bearer), 404)
    said = {"email": "new-visitor@example.org", "password": PASSWORD}
    fresh = client.post("/api/auth/register", json=said, headers=stranger.headers).get_json()
    theirs = client.get("/api/conversations", headers={"Authorization": f"Bearer {fresh['access_token']}"}).get_json()
    assert [one["id"] for one in theirs["items"]] == [stranger.id]
    redis().flushall()
    check_problem(stranger.get(), 401)


def test_a_failed_sign_in_takes_nothing_over(client: FlaskClient) -> None:
    visitor = Visitor(client)
    said = {"username": "nobody at all", "password": PASSWORD}
    check_problem(client.post("/api/auth/login", json=said, headers=visitor.headers), 401)
    assert visitor.get().get_json()["user"] is None
    forged = {"Authorization": f"Bearer {visitor.token[:-2]}xx"}
    check_problem(client.post("/api/auth/login", json=said, headers=forged), 401)


def test_the_document_tells_that_login_takes_a_form(client: FlaskClient) -> None:
    """In words, since generators break on two kinds of body: docs/decisions/0041-document-for-clients.md."""
    login = client.get("/openapi.json").get_json()["paths"]["/api/auth/login"]["post"]
    assert set(login["requestBody"]["content"]) == {"application/json"}
    assert "application/x-www-form-urlencoded" in login["description"]
