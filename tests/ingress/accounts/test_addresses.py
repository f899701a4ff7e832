"""An address that somebody has only named keeps its owner from nothing, over HTTP with a real auth worker."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.accounts import audit
from models.store.database import reading
from tests.ingress.accounts.test_passkeys import Person
from tests.ingress.conftest import Started, check_problem
from tests.ingress.identity.account import signed_in

OWNERS, SQUATTERS = "the owner's own words", "the squatter's words"


@pytest.fixture
def client(started: Started, caplog: pytest.LogCaptureFixture) -> FlaskClient:
    """Codes are written to the console."""
    caplog.set_level(logging.WARNING, "channels.codes")
    return started(DEBUG="true")


def register(client: FlaskClient, email: str, password: str, **more: Any) -> dict[str, Any]:
    response = client.post("/api/auth/register", json={"email": email, "password": password} | more)
    assert response.status_code == 201, response.get_data(as_text=True)
    return response.get_json() | {"headers": {"Authorization": f"Bearer {response.get_json()['access_token']}"}}


def login(client: FlaskClient, name: str, password: str) -> Any:
    return client.post("/api/auth/login", json={"username": name, "password": password})


def me(client: FlaskClient, account: dict[str, Any]) -> dict[str, Any]:
    return client.get("/api/auth/me", headers=account["headers"]).get_json()


def ask(client: FlaskClient, account: dict[str, Any], email: str, caplog: pytest.LogCaptureFixture) -> str:
    """The code that was sent to the address."""
    response = client.put("/api/auth/me/email", json={"email": email}, headers=account["headers"])
    assert response.status_code == 200, response.get_data(as_text=True)
    return [r for r in caplog.records if r.name == "channels.codes"][-1].getMessage()[-6:]


def verify(client: FlaskClient, account: dict[str, Any], code: str) -> Any:
    return client.post("/api/auth/me/email/verify", json={"code": code}, headers=account["headers"])


def test_the_owner_registers_signs_in_and_proves_it(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    email = "owner@example.org"
    squatter = register(client, email, SQUATTERS, username="squatter")
    owner = register(client, email.upper(), OWNERS)
    assert owner["user"]["id"] != squatter["user"]["id"]
    for password, account in ((OWNERS, owner), (SQUATTERS, squatter)):  # each to their own, never to the other's
        assert login(client, email, password).get_json()["user"]["id"] == account["user"]["id"]
    check_problem(login(client, email, "nobody's few words"), 401)
    proved = verify(client, owner, ask(client, owner, email, caplog)).get_json()
    assert (proved["email"], proved["email_verified"]) == (email, True)
    lost = me(client, squatter)
    assert (lost["email"], lost["email_verified"], lost["username"]) == (None, False, "squatter")
    assert login(client, email, OWNERS).get_json()["user"]["id"] == owner["user"]["id"]
    check_problem(login(client, email, SQUATTERS), 401)
    assert login(client, "squatter", SQUATTERS).status_code == 200
    with reading() as db:
        told = [row.action for row in audit.page(db, None, 20, subject=squatter["user"]["id"])]
    assert "address.lost" in told
    check_problem(client.post("/api/auth/register", json={"email": email, "password": SQUATTERS}), 409)


def test_the_owner_sets_it_in_an_account_there_is(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    email = "moved@example.org"
    squatter, owner = register(client, email, SQUATTERS), register(client, "before@example.org", OWNERS)
    assert verify(client, owner, ask(client, owner, email, caplog)).get_json()["email"] == email
    assert me(client, squatter)["email"] is None
    again = ask(client, squatter, "other@example.org", caplog)
    assert verify(client, squatter, again).get_json()["email"] == "other@example.org"
    assert login(client, "other@example.org", SQUATTERS).status_code == 200


def test_whoever_registers_twice_has_one_account(client: FlaskClient) -> None:
    register(client, "twice@example.org", OWNERS)
    said = {"email": "twice@example.org", "password": OWNERS}
    problem = check_problem(client.post("/api/auth/register", json=said), 409)
    assert "sign in" in problem["detail"]


def test_a_passkey_account_begins_beside_an_unverified_holder(client: FlaskClient) -> None:
    email = "keyed@example.org"
    squatter = register(client, email, SQUATTERS)
    person = Person(client)
    owner = person.make(email=email).get_json()["user"]
    assert owner["email"] == email
    assert owner["id"] != squatter["user"]["id"]
    assert person.login(email).get_json()["user"]["id"] == owner["id"]
    assert login(client, email, SQUATTERS).get_json()["user"]["id"] == squatter["user"]["id"]


def test_who_lost_the_address_adds_a_passkey_all_the_same(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    email = "lost@example.org"
    squatter, owner = register(client, email, SQUATTERS), register(client, email, OWNERS)
    verify(client, owner, ask(client, owner, email, caplog))
    begun = client.post("/api/auth/passkeys/register/begin", json={}, headers=squatter["headers"])
    assert begun.get_json()["user"]["name"] == "your account"


def test_what_is_verified_is_taken(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    email = "taken@example.org"
    owner = register(client, email, OWNERS)
    verify(client, owner, ask(client, owner, email, caplog))
    other = signed_in(client)
    check_problem(other.put("/api/auth/me/email", {"email": email}), 409)
    check_problem(client.post("/api/auth/register", json={"email": email, "password": SQUATTERS}), 409)
