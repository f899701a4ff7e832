"""Passkeys: both ceremonies with a software authenticator, a real auth worker, and all that must be refused."""

from __future__ import annotations

import statistics
import threading
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from models.accounts import audit
from models.people.users import User, user
from models.settings import settings
from models.store.database import reading, session
from models.store.redis import redis
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.ingress.identity.account import Account, api_key, signed_in
from tests.servers.authenticator import EDDSA, ES256, PRESENT, RS256, Authenticator, garbled

PATH = "/api/auth/passkeys"


class Person:
    """Someone with an authenticator, who may have an account."""

    def __init__(self, client: FlaskClient, account: Account | None = None, algorithm: int = ES256) -> None:
        self.client = client
        self.headers = account.headers if account else {}
        self.device = Authenticator(settings().passkey_origin, algorithm)

    def ask(self, path: str, **body: Any) -> TestResponse:
        """One step of a ceremony."""
        return self.client.post(f"{PATH}/{path}", json=body, headers=self.headers)

    def make(self, **bent: Any) -> TestResponse:
        """Both steps of making a passkey; with `email` of a new account."""
        begun = self.ask("register/begin", **({"email": bent.pop("email")} if "email" in bent else {}))
        assert begun.status_code == 200, begun.get_data(as_text=True)
        name = bent.pop("name", "Laptop")
        return self.ask("register/complete", credential=self.device.make(begun.get_json(), **bent), name=name)

    def options(self, email: str | None = None) -> dict[str, Any]:
        """What a sign-in begins with."""
        begun = self.ask("login/begin", **({"email": email} if email else {}))
        assert begun.status_code == 200
        return begun.get_json()

    def login(self, email: str | None = None, **bent: Any) -> TestResponse:
        """Both steps of signing in."""
        return self.finish(self.device.use(self.options(email), **bent))

    def finish(self, credential: dict[str, Any]) -> TestResponse:
        """The second step of signing in."""
        return self.ask("login/complete", credential=credential)


@pytest.fixture
def newcomer(client: FlaskClient) -> Person:
    return Person(client)


def passwordless(person: Person, name: str) -> dict[str, Any]:
    """Their new account."""
    made = person.make(email=f"{name}@example.org")
    assert made.status_code == 201, made.get_data(as_text=True)
    return made.get_json()


@pytest.mark.parametrize("algorithm", [ES256, RS256])
def test_an_account_without_a_password(client: FlaskClient, algorithm: int) -> None:
    person = Person(client, algorithm=algorithm)
    email = f"passwordless{algorithm}@example.org"
    made = person.make(email=email.upper())
    tokens = made.get_json()
    assert (made.status_code, tokens["user"]["email"], tokens["user"]["email_verified"]) == (201, email, False)
    for named in (None, email):
        signed = person.login(named)
        assert signed.status_code == 200
        bearer = {"Authorization": f"Bearer {signed.get_json()['access_token']}"}
        assert client.get("/api/auth/me", headers=bearer).get_json()["id"] == tokens["user"]["id"]
    listed = client.get(PATH, headers=bearer).get_json()["items"]
    assert [(one["name"], one["transports"]) for one in listed] == [("Laptop", ["internal"])]
    assert listed[0]["last_used_at"]


def test_one_more_passkey_for_an_account(client: FlaskClient) -> None:
    account = signed_in(client)
    first, second = Person(client, account), Person(client, account)
    assert first.make(name="Phone").get_json()["name"] == "Phone"
    options = second.ask("register/begin").get_json()
    known = first.device.make(options)["id"]
    assert options["excludeCredentials"] == [{"id": known, "type": "public-key", "transports": ["internal"]}]
    assert (options["authenticatorSelection"]["userVerification"], options["attestation"]) == ("required", "none")
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert {one["alg"] for one in options["pubKeyCredParams"]} == {ES256, RS256}
    assert second.make().status_code == 201
    assert Person.login(first).get_json()["user"]["id"] == account.id
    again = first.ask("register/begin").get_json()
    check_problem(second.ask("register/complete", credential=first.device.make(again)), 409)  # it is the account's


@pytest.mark.parametrize(
    "bent",
    [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"flags": PRESENT}, {"flags": 0}],
    ids=["origin", "rp id", "not verified", "not present"],
)
def test_what_is_made_elsewhere_or_unverified_is_refused(client: FlaskClient, bent: dict[str, Any]) -> None:
    person = Person(client, signed_in(client))
    problem = check_problem(person.make(**bent), 422)
    assert problem["errors"][0]["field"] == "credential"
    assert person.client.get(PATH, headers=person.headers).get_json()["items"] == []


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"handle": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"handle": "not a handle"},
        {"handle": None},
        {"counter": 0},
        {"counter": 1},
    ],
    ids=["origin", "rp id", "not verified", "foreign handle", "odd handle", "no handle", "lower", "equal"],
)
def test_what_is_used_elsewhere_or_by_others_is_refused(client: FlaskClient, bent: dict[str, Any]) -> None:
    person = Person(client)
    tokens = passwordless(person, f"bent{abs(hash(str(bent)))}")
    assert person.login(counter=1).status_code == 200
    refused = check_problem(person.login(**bent), 401)
    assert check_problem(person.finish(person.device.use(garbled(person.options()), counter=1)), 401) == refused
    assert person.login(counter=7).status_code == 200
    unknown = Person(client)
    unknown.device.handle = person.device.handle
    assert check_problem(unknown.login(), 401) == refused
    with reading() as db:
        found = {row.action for row in audit.page(db, None, 20, subject=tokens["user"]["id"])}
    assert "session.refused" in found
    assert ("passkey.cloned" in found) == ("counter" in bent)


def test_an_authenticator_without_a_counter_signs_in_again_and_again(newcomer: Person) -> None:
    passwordless(newcomer, "no-counter")
    for _ in range(2):
        assert newcomer.login(counter=0).status_code == 200


def test_an_assertion_is_good_once(newcomer: Person) -> None:
    passwordless(newcomer, "replayed")
    used = newcomer.device.use(newcomer.options())
    assert newcomer.finish(used).status_code == 200
    check_problem(newcomer.finish(used), 401)


def test_of_two_uses_at_once_one_wins(newcomer: Person) -> None:
    passwordless(newcomer, "twice")
    used = newcomer.device.use(newcomer.options())
    statuses: list[int] = []

    def attempt() -> None:
        other = newcomer.client.application.test_client()
        statuses.append(other.post(f"{PATH}/login/complete", json={"credential": used}).status_code)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 401, 401, 401]


def test_a_creation_is_good_once(client: FlaskClient) -> None:
    person = Person(client, signed_in(client))
    made = person.device.make(person.ask("register/begin").get_json())
    assert person.ask("register/complete", credential=made).status_code == 201
    check_problem(person.ask("register/complete", credential=made), 422)


def test_a_challenge_is_for_its_purpose_and_its_user(client: FlaskClient) -> None:
    ann, ben, newcomer = Person(client, signed_in(client)), Person(client, signed_in(client)), Person(client)
    adding, registering = ann.ask("register/begin").get_json(), newcomer.ask("register/begin", email="p@example.org")
    check_problem(ben.ask("register/complete", credential=ben.device.make(adding)), 422)
    made = newcomer.device.make(registering.get_json())
    check_problem(ann.ask("register/complete", credential=made), 422)
    assert ann.make().status_code == 201
    login = ann.options()
    forged = ben.device.make(login | {"user": {"id": "AAAAAAAAAAAAAAAAAAAAAA"}})
    check_problem(ben.ask("register/complete", credential=forged), 422)
    creation = ann.ask("register/begin").get_json()
    check_problem(ann.finish(ann.device.use(creation)), 401)
    check_problem(ann.finish(ann.device.use(garbled(ann.options()))), 401)
    late = ann.options()
    redis().delete(*redis().scan_iter("challenge:*"))
    check_problem(ann.finish(ann.device.use(late)), 401)


def test_the_named_user_only(client: FlaskClient) -> None:
    ann, ben = Person(client), Person(client)
    passwordless(ann, "named-ann")
    passwordless(ben, "named-ben")
    check_problem(ann.login("named-ben@example.org"), 401)
    check_problem(ann.login("nobody@example.org"), 401)
    assert ann.login("Named-Ann@example.org", handle=None).status_code == 200


def test_eddsa_was_not_offered(client: FlaskClient) -> None:
    check_problem(Person(client, signed_in(client), EDDSA).make(), 422)


def test_nobody_learns_which_address_has_an_account(client: FlaskClient) -> None:
    person = Person(client)
    passwordless(person, "famous")
    times: dict[str, list[float]]
    for begin in ("login/begin", "register/begin"):
        shapes, times = set(), {"famous": [], "unknown": []}
        for name in ("famous", "unknown") * 200:
            began = time.perf_counter()
            response = person.ask(begin, email=f"{name}@example.org")
            times[name].append(time.perf_counter() - began)
            told = response.get_json()
            shapes.add((response.status_code, *sorted(told), len(told["challenge"]), str(told.get("allowCredentials"))))
        assert len(shapes) == 1
        medians = [statistics.median(taken) for taken in times.values()]
        assert abs(medians[0] - medians[1]) < 0.005, begin
    with session() as db:
        db.execute(update(user).where(user.c.email == "famous@example.org").values(email_verified=True))
    check_problem(Person(client).make(email="famous@example.org"), 409)


def test_the_last_way_in_stays(client: FlaskClient) -> None:
    person = Person(client)
    tokens = passwordless(person, "last-way")
    person.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    other = Person(client)
    other.headers = person.headers
    assert other.make().status_code == 201
    ids = [one["id"] for one in client.get(PATH, headers=person.headers).get_json()["items"]]
    statuses: list[int] = []

    def remove(passkey_id: str) -> None:
        asked = client.application.test_client().delete(f"{PATH}/{passkey_id}", headers=person.headers)
        statuses.append(asked.status_code)

    threads = [threading.Thread(target=remove, args=[one]) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [204, 409]
    said = {"new": "a few words to remember"}
    assert client.put("/api/auth/me/password", json=said, headers=person.headers).status_code == 204
    left = client.get(PATH, headers=person.headers).get_json()["items"][0]["id"]
    assert client.delete(f"{PATH}/{left}", headers=person.headers).status_code == 204


def test_a_strangers_passkey_is_unknown(client: FlaskClient) -> None:
    ann, ben = signed_in(client), signed_in(client)
    made = Person(client, ann).make().get_json()
    stranger = check_problem(ben.delete(f"{PATH}/{made['id']}"), 404)
    assert stranger == check_problem(ben.delete(f"{PATH}/unknown"), 404)
    assert len(ann.get(PATH).get_json()["items"]) == 1


def test_a_disabled_user_is_told_only_with_the_passkey(newcomer: Person) -> None:
    tokens = passwordless(newcomer, "disabled-passkey")
    with session() as db:
        db.get(User, tokens["user"]["id"]).is_active = False
    check_problem(newcomer.login(flags=PRESENT), 401)
    check_problem(newcomer.login(), 403)


def test_a_visitors_conversation_comes_along(client: FlaskClient) -> None:
    person, visitor = Person(client), Visitor(client)
    person.headers = visitor.headers
    tokens = passwordless(person, "visiting-passkey")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert client.get(f"/api/conversations/{visitor.id}", headers=bearer).get_json()["user"] == tokens["user"]["id"]
    check_problem(visitor.get(), 401)


def test_an_api_key_adds_no_passkey(client: FlaskClient) -> None:
    person = Person(client)
    person.headers = api_key(signed_in(client), "conversations:write")
    check_problem(person.ask("register/begin"), 403)


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": "x", "rawId": "x", "type": "public-key", "response": {}},
        {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "e30"}},
        {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "W10"}},
        {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "é"}},
        {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": 5}},
        {"id": "x", "rawId": "x", "type": "other", "response": {}},
        {"id": "x" * 2000, "rawId": "x", "type": "public-key", "response": {}},
    ],
)
def test_garbage_is_422(newcomer: Person, credential: dict[str, Any]) -> None:
    check_problem(newcomer.finish(credential), 422)
    check_problem(newcomer.ask("register/complete", credential=credential), 422)


@pytest.mark.parametrize("field", ["attestationObject", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", ["AAAA", "", "é", 5, None, []])
def test_a_damaged_credential_is_refused_without_a_fault(client: FlaskClient, field: str, value: Any) -> None:
    person = Person(client)
    if field == "attestationObject":
        made = person.device.make(person.ask("register/begin", email="damaged@example.org").get_json())
        made["response"][field] = value
        check_problem(person.ask("register/complete", credential=made), 422)
        return
    passwordless(person, f"damaged{abs(hash((field, str(value))))}")
    used = person.device.use(person.options())
    used["response"][field] = value
    check_problem(person.finish(used), 401)


def test_a_credential_of_enormous_size_is_422(newcomer: Person) -> None:
    used = newcomer.device.use(newcomer.options())
    used["response"]["signature"] = "A" * 70_000
    problem = check_problem(newcomer.finish(used), 422)
    assert problem["errors"][0]["field"] == "credential.response"


def test_an_id_longer_than_authenticators_have_is_422(newcomer: Person) -> None:
    """On PostgreSQL the column would refuse it."""
    newcomer.device.id = b"i" * 1100
    check_problem(newcomer.make(email="long-id@example.org"), 422)
    made = newcomer.device.make(newcomer.ask("register/begin", email="long-id@example.org").get_json())
    check_problem(newcomer.ask("register/complete", credential=made | {"id": "aaaa", "rawId": "aaaa"}), 422)


LIMITED = {"RATELIMIT_ENABLED": "true", "RATELIMIT_USER": "8", "RATELIMIT_LOGIN": "3"}


def test_a_strangers_steps_are_limited_by_address(started: Started) -> None:
    client = started(**LIMITED)

    def status(path: str, host: int, **body: Any) -> int:
        here = {"REMOTE_ADDR": f"192.0.2.{host}"}
        response = client.post(f"{PATH}/{path}", json=body, environ_overrides=here)
        assert (response.status_code == 429) == ("Retry-After" in response.headers)
        assert "RateLimit" in response.headers or response.status_code in {401, 422}
        return response.status_code

    device = Authenticator(settings().passkey_origin)
    options = {"challenge": "A" * 43, "user": {"id": "AAAA"}}
    made, used = device.make(options), device.use(options)
    for host, path, body, limit, refused in (
        (1, "register/begin", {"email": "limited@example.org"}, 8, 200),
        (2, "login/begin", {}, 8, 200),
        (3, "login/complete", {"credential": used}, 8, 401),
        (4, "register/complete", {"credential": made}, 3, 422),
    ):
        assert [status(path, host, **body) for _ in range(limit + 1)] == [refused] * limit + [429], path
    assert status("login/complete", 1, credential=used) == 401  # beginning takes nothing away from completing


def test_a_users_steps_are_limited_by_user(started: Started) -> None:
    client = started(**LIMITED)
    person, other = Person(client, signed_in(client)), Person(client, signed_in(client))
    assert person.make().status_code == 201
    made = person.device.make(person.ask("register/begin").get_json())
    assert [person.ask("register/begin").status_code for _ in range(6)] == [200] * 5 + [429]
    check_problem(person.ask("register/complete", credential=made), 429)
    assert other.ask("register/begin").status_code == 200
