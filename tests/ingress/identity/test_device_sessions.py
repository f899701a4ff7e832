"""Refreshing, signing out, devices; and that what is revoked is refused at once, whatever Redis still knows."""

from __future__ import annotations

import base64
import threading
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from channels.relay.revocations import revoke
from models.accounts import audit, refresh_tokens, sessions
from models.accounts.revocations import Revoked
from models.accounts.sessions import DeviceSession
from models.clock import SECOND
from models.errors import RedisAway
from models.people import users
from models.store.database import reading, session
from models.store.redis import redis
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.ingress.identity.account import Account, signed_in
from tests.stores import Stores


def refresh(client: FlaskClient, token: str) -> TestResponse:
    """Asks for new tokens."""
    return client.post("/api/auth/refresh", json={"refresh_token": token})


def age(session_id: str, seconds: int) -> None:
    """Lets the session's last refresh be so long ago."""
    with session() as db:
        db.get(DeviceSession, session_id).rotated_at -= seconds * SECOND


@pytest.fixture
def account(client: FlaskClient) -> Account:
    return signed_in(client)


def test_refresh_gives_a_new_pair_that_works(account: Account) -> None:
    response = refresh(account.client, account.refresh)
    assert response.headers["Cache-Control"] == "no-store"  # RFC 6749, 5.1
    pair = response.get_json()
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert pair["refresh_token"] != account.refresh
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    assert account.client.get("/api/auth/me", headers=bearer).get_json()["id"] == account.id
    assert refresh(account.client, pair["refresh_token"]).status_code == 200


def test_the_predecessor_gets_the_same_successor_for_thirty_seconds(account: Account) -> None:
    first = refresh(account.client, account.refresh).get_json()
    age(account.session_id, 29)
    assert refresh(account.client, account.refresh).get_json()["refresh_token"] == first["refresh_token"]
    age(account.session_id, 2)
    check_problem(refresh(account.client, account.refresh), 401)
    check_problem(refresh(account.client, first["refresh_token"]), 401)  # it was copied, so the session is over
    check_problem(account.get("/api/auth/me"), 401)
    with reading() as db:
        assert audit.page(db, None, 1, subject=account.id)[0].action == "session.reused"


def test_an_older_token_ends_the_session_even_within_the_grace(account: Account) -> None:
    second = refresh(account.client, account.refresh).get_json()["refresh_token"]
    third = refresh(account.client, second).get_json()["refresh_token"]
    check_problem(refresh(account.client, account.refresh), 401)
    check_problem(refresh(account.client, third), 401)
    check_problem(account.get("/api/auth/me"), 401)


def test_many_at_one_moment_get_one_successor(account: Account) -> None:
    found: list[Any] = []

    def attempt() -> None:
        response = refresh(account.client.application.test_client(), account.refresh)
        found.append((response.status_code, response.get_json().get("refresh_token")))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in found} == {200}
    assert len({token for _, token in found}) == 1


def test_garbage_refreshes_nothing_and_harms_nobody(account: Account) -> None:
    raw = base64.urlsafe_b64decode(account.refresh.removeprefix(refresh_tokens.PREFIX))
    later = raw[:36] + (7).to_bytes(4, "big") + raw[40:]
    forged = refresh_tokens.PREFIX + base64.urlsafe_b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode()
    counted = refresh_tokens.PREFIX + base64.urlsafe_b64encode(later).decode()
    texts = ["x", "sbr_", "sbr_é", "sbr_" + "A" * 190, account.access, forged, counted, account.refresh[:-4]]
    bodies = set()
    for text in texts:
        response = refresh(account.client, text)
        check_problem(response, 401)
        bodies.add(response.get_data(as_text=True))
    assert len(bodies) == 1
    assert account.get("/api/auth/me").status_code == 200
    assert refresh(account.client, account.refresh).status_code == 200


def test_a_session_ends_after_seven_days_however_often_it_is_refreshed(account: Account) -> None:
    with session() as db:
        db.get(DeviceSession, account.session_id).expires_at -= 7 * 24 * 3600 * SECOND
    check_problem(refresh(account.client, account.refresh), 401)


def test_refresh_token_is_no_access_token_and_no_session_of_nobody_is_made(account: Account) -> None:
    bearer = {"Authorization": f"Bearer {account.refresh}"}
    check_problem(account.client.get("/api/auth/me", headers=bearer), 401)


def test_logout_is_effective_at_once(account: Account) -> None:
    assert account.post("/api/auth/logout").status_code == 204
    check_problem(account.get("/api/auth/me"), 401)
    check_problem(account.post("/api/auth/logout"), 401)
    check_problem(refresh(account.client, account.refresh), 401)


def test_logout_all_ends_every_device_and_nobody_elses(client: FlaskClient) -> None:
    ann, ben = signed_in(client), signed_in(client)
    with session() as db:
        sessions.begin(db, str(uuid.uuid4()), ann.id, "phone", "192.0.2.1")
    assert len(ann.get("/api/auth/sessions").get_json()["items"]) == 2
    assert ann.post("/api/auth/logout-all").status_code == 204
    check_problem(ann.get("/api/auth/me"), 401)
    with reading() as db:
        assert list(sessions.of_user(db, ann.id)) == []
    assert ben.get("/api/auth/me").status_code == 200


def test_devices_are_listed_and_ended_one_by_one(client: FlaskClient) -> None:
    ann, ben = signed_in(client), signed_in(client)
    phone = str(uuid.uuid4())
    with session() as db:
        sessions.begin(db, phone, ann.id, "phone", "192.0.2.1")
    listed = ann.get("/api/auth/sessions").get_json()["items"]
    assert {(one["id"], one["device"], one["current"]) for one in listed} == {
        (ann.session_id, "pytest", True),
        (phone, "phone", False),
    }
    stranger = check_problem(ben.delete(f"/api/auth/sessions/{phone}"), 404)
    unknown = check_problem(ben.delete("/api/auth/sessions/unknown"), 404)
    assert stranger == unknown
    assert ann.delete(f"/api/auth/sessions/{phone}").status_code == 204
    assert [one["id"] for one in ann.get("/api/auth/sessions").get_json()["items"]] == [ann.session_id]


def test_what_is_revoked_stays_so_when_redis_was_wiped(client: FlaskClient, stores: Stores) -> None:
    ended, renewed, fine = signed_in(client), signed_in(client), signed_in(client)
    assert ended.post("/api/auth/logout").status_code == 204
    with session() as db:
        generations = users.renew_rights(db, [renewed.id])
    revoke(Revoked(generations=generations))
    for _ in range(2):  # the first look asks the database and puts everything back, the second finds it in Redis
        check_problem(ended.get("/api/auth/me"), 401)
        check_problem(renewed.get("/api/auth/me"), 401)
        assert fine.get("/api/auth/me").status_code == 200
        if redis().exists(f"revoked:{ended.session_id}", f"generation:{renewed.id}") < 2:
            continue
        redis().flushall()
        check_problem(renewed.get("/api/auth/me"), 401)
        check_problem(ended.get("/api/auth/me"), 401)
        assert fine.get("/api/auth/me").status_code == 200
    assert redis().exists(f"revoked:{ended.session_id}", f"generation:{renewed.id}") == 2


def test_without_redis_the_database_decides(client: FlaskClient, stores: Stores) -> None:
    ended, fine = signed_in(client), signed_in(client)
    assert ended.post("/api/auth/logout").status_code == 204
    stores.redis.kill()
    try:
        check_problem(ended.get("/api/auth/me"), 401)
        assert fine.get("/api/auth/me").status_code == 200
        check_problem(fine.post("/api/auth/logout"), 503)  # not effective everywhere, so it is not said to be
    finally:
        stores.redis.start()
    with reading() as db:
        assert db.get(DeviceSession, fine.session_id).ended_at is not None


def test_a_sign_out_that_could_not_be_told_is_repeated(client: FlaskClient, stores: Stores) -> None:
    account = signed_in(client)
    assert account.get("/api/auth/me").status_code == 200  # Redis has its marker
    stores.redis.kill()
    check_problem(account.post("/api/auth/logout"), 503)
    stores.redis.start()
    assert account.post("/api/auth/logout").status_code in {204, 401}
    check_problem(account.get("/api/auth/me"), 401)


def test_fresh_rights_come_with_a_refresh(client: FlaskClient) -> None:
    account = signed_in(client, permissions=["operate"])
    with session() as db:
        generations = users.renew_rights(db, [account.id])
    revoke(Revoked(generations=generations))
    check_problem(account.get("/api/auth/me"), 401)
    account.access = refresh(client, account.refresh).get_json()["access_token"]
    assert account.get("/api/auth/me").status_code == 200


def test_a_visitor_is_no_user(client: FlaskClient, visitor: Visitor) -> None:
    for method, path in (("get", "me"), ("get", "sessions"), ("post", "logout"), ("post", "logout-all")):
        check_problem(getattr(client, method)(f"/api/auth/{path}", headers=visitor.headers), 403)
        check_problem(getattr(client, method)(f"/api/auth/{path}"), 401)


def test_profile(account: Account) -> None:
    name = f"ann.{account.id[:8]}"
    changed = account.put("/api/auth/me", {"full_name": " Ann ", "bio": "hello", "username": name}).get_json()
    assert (changed["full_name"], changed["bio"], changed["username"]) == ("Ann", "hello", name)
    assert account.put("/api/auth/me", {"bio": None}).get_json()["bio"] is None
    assert account.get("/api/auth/me").get_json()["full_name"] == "Ann"
    other = signed_in(account.client)
    check_problem(other.put("/api/auth/me", {"username": name.upper()}), 409)
    check_problem(account.put("/api/auth/me", {"email": "new@example.org"}), 422)


def test_without_a_sender_no_code_is_promised(account: Account) -> None:
    problem = check_problem(account.put("/api/auth/me/phone", {"phone_number": "+49 30 901820"}), 503)
    assert "channel" in problem["title"]
    assert account.get("/api/auth/me").get_json()["phone_number"] is None


class Console:
    """What the console sender has written."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def code(self) -> str:
        """The newest code."""
        return [r for r in self._caplog.records if r.name == "channels.codes"][-1].getMessage()[-6:]


@pytest.fixture
def debugging(started: Started, caplog: pytest.LogCaptureFixture) -> tuple[Account, Console]:
    return signed_in(started(DEBUG="true")), Console(caplog)


def test_a_phone_number_counts_once_its_code_is_repeated(debugging: tuple[Account, Console]) -> None:
    account, console = debugging
    said = account.put("/api/auth/me/phone", {"phone_number": "+49 (30) 90-1820"}).get_json()
    assert (said["phone_number"], said["phone_verified"]) == ("+4930901820", False)
    code = console.code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    check_problem(account.post("/api/auth/me/phone/verify", {"code": wrong}), 422)
    assert account.post("/api/auth/me/phone/verify", {"code": f" {code} "}).get_json()["phone_verified"]
    check_problem(account.post("/api/auth/me/phone/verify", {"code": code}), 422)  # once
    changed = account.put("/api/auth/me/phone", {"phone_number": "+49 30 901821"}).get_json()
    assert not changed["phone_verified"]


def test_five_wrong_codes_make_the_right_one_void(debugging: tuple[Account, Console]) -> None:
    account, console = debugging
    account.put("/api/auth/me/phone", {"phone_number": "+49 30 901822"})
    code = console.code()
    for n in range(1, 6):
        check_problem(account.post("/api/auth/me/phone/verify", {"code": f"{(int(code) + n) % 10**6:06}"}), 422)
    check_problem(account.post("/api/auth/me/phone/verify", {"code": code}), 422)


def test_the_same_number_may_be_claimed_and_is_only_one_persons(debugging: tuple[Account, Console]) -> None:
    ann, console = debugging
    ben = signed_in(ann.client)
    number = {"phone_number": "+49 30 901823"}
    ann.put("/api/auth/me/phone", number)
    assert ann.post("/api/auth/me/phone/verify", {"code": console.code()}).status_code == 200
    assert not ben.put("/api/auth/me/phone", number).get_json()["phone_verified"]
    check_problem(ben.post("/api/auth/me/phone/verify", {"code": console.code()}), 409)
    assert not ben.get("/api/auth/me").get_json()["phone_verified"]
    assert ann.get("/api/auth/me").get_json()["phone_verified"]


def test_an_email_is_changed_only_by_its_code(debugging: tuple[Account, Console]) -> None:
    account, console = debugging
    before = account.get("/api/auth/me").get_json()["email"]
    fresh = f"fresh-{before}"
    assert account.put("/api/auth/me/email", {"email": fresh}).get_json()["email"] == before
    verified = account.post("/api/auth/me/email/verify", {"code": console.code()}).get_json()
    assert (verified["email"], verified["email_verified"]) == (fresh, True)
    other = signed_in(account.client)
    check_problem(other.put("/api/auth/me/email", {"email": fresh.upper()}), 409)


def test_codes_are_not_each_others(debugging: tuple[Account, Console]) -> None:
    ann, console = debugging
    ben = signed_in(ann.client)
    ann.put("/api/auth/me/phone", {"phone_number": "+49 30 901824"})
    code = console.code()
    check_problem(ben.post("/api/auth/me/phone/verify", {"code": code}), 422)
    check_problem(ann.post("/api/auth/me/email/verify", {"code": code}), 422)


@pytest.mark.parametrize("number", ["901820", "+49", "not a number", "+1 555", "+49 30 90182 0000000000"])
def test_what_is_no_phone_number_is_422(debugging: tuple[Account, Console], number: str) -> None:
    account, _ = debugging
    problem = check_problem(account.put("/api/auth/me/phone", {"phone_number": number}), 422)
    assert problem["errors"][0]["field"] == "phone_number"


def test_denying_without_redis_says_so(client: FlaskClient, stores: Stores) -> None:
    stores.redis.kill()
    try:
        with pytest.raises(RedisAway):
            revoke(Revoked(sessions=["x"]))
    finally:
        stores.redis.start()
