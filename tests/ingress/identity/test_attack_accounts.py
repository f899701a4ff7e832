"""Attacks on accounts by HTTP: what slips past a limit, comes back from an outage, or does not fit."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update

from ingress import create_app
from ingress.sockets.authentication import identify
from ingress.sockets.protocol import INVALID_TOKEN, Disconnect
from models.accounts import deletion, revocation_recovery, revocations, sessions, throttle, verifications
from models.accounts.audit import Actor
from models.accounts.revocations import Revoked
from models.accounts.sessions import device_session
from models.clock import SECOND, microseconds
from models.conversations.adoption import take_over
from models.errors import TooMany
from models.people.users import user
from models.store.database import session
from models.store.redis import redis
from tests.ingress.conftest import check_problem
from tests.ingress.identity.account import signed_in
from tests.stores import Stores, environment, fresh
from workers import sweep


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def test_a_name_written_in_another_way_is_counted_as_the_same(stores: Stores) -> None:
    names = ["victim", "ｖictim", "vｉctim", "viｃtim", "vicｔim", "VICTIM", "ｖｉctim"]
    for name in names[: throttle.FREE]:
        throttle.attempt(name, "192.0.2.1")
    with pytest.raises(TooMany):
        throttle.attempt(names[-1], "192.0.2.2")


def test_what_is_told_late_takes_nothing_back(stores: Stores) -> None:
    who = str(uuid.uuid4())
    revocations.deny(Revoked(generations={who: 6}))
    revocations.deny(Revoked(generations={who: 5}))
    assert redis().get(f"generation:{who}") == "6"


def age(account_session: str, user_id: str, minutes: int) -> None:
    """What was revoked just now was so many minutes ago."""
    then = microseconds() - minutes * 60 * SECOND
    with session() as db:
        db.execute(update(device_session).where(device_session.c.id == account_session).values(ended_at=then))
        db.execute(update(user).where(user.c.id == user_id).values(updated_at=then))


def test_what_was_revoked_in_a_long_outage_is_revoked_behind_it(stores: Stores) -> None:
    """Redis comes back as it was: it has its marker, and knows nothing of what was ended ten minutes ago."""
    client = create_app().test_client()
    gone, fine = signed_in(client), signed_in(client)
    assert gone.get("/api/auth/me").status_code == 200
    stores.redis.kill()
    try:
        check_problem(gone.post("/api/auth/logout"), 503)
        age(gone.session_id, gone.id, 10)
    finally:
        stores.redis.start()
    assert revocations.find_standing(gone.session_id, gone.id) is not None  # the marker is there
    check_problem(gone.get("/api/auth/me"), 401)  # this process has seen the outage
    assert fine.get("/api/auth/me").status_code == 200


def test_the_sweeper_tells_what_was_revoked_while_it_could_not(stores: Stores) -> None:
    """For the processes that have not seen the outage."""
    client = create_app().test_client()
    gone = signed_in(client)
    sweep.sweep()
    stores.redis.kill()
    try:
        with session() as db:
            sessions.end(db, gone.id, gone.session_id)
        age(gone.session_id, gone.id, 10)
    finally:
        stores.redis.start()
    redis().set(revocation_recovery.REPEATED, microseconds() - 11 * 60 * SECOND)  # the last sweep was before the outage
    sweep.sweep()
    assert redis().exists(f"revoked:{gone.session_id}")


def test_a_username_that_grows_when_compared_is_refused(stores: Stores) -> None:
    account = signed_in(create_app().test_client())
    problem = check_problem(account.put("/api/auth/me", {"username": "\ufdfa" * 100}), 422)
    assert problem["errors"][0]["field"] == "username"


def test_two_codes_asked_for_at_once_come_one_after_the_other(stores: Stores) -> None:
    account = signed_in()
    ends: list[object] = []

    def ask() -> None:
        try:
            with session() as db:
                ends.append(verifications.begin(db, account.id, verifications.PHONE, "+4930901821"))
        except Exception as error:
            ends.append(error)

    second = threading.Thread(target=ask)
    with session() as db:
        verifications.begin(db, account.id, verifications.PHONE, "+4930901820")
        db.flush()
        second.start()
        second.join(0.5)
        assert second.is_alive()
    second.join()
    assert len(str(ends[0])) == 6, ends
    with session() as db:
        assert verifications.use(db, account.id, verifications.PHONE, str(ends[0])) == "+4930901821"


def test_a_cursor_beyond_every_entry_is_no_fault(stores: Stores) -> None:
    root = signed_in(create_app().test_client(), is_superuser=True)
    assert root.get("/api/admin/audit?after=" + "9" * 18).status_code == 200


def deep_token() -> str:
    """A token whose claims are nested beyond what a parser follows."""
    header, claims, signature = signed_in().access.split(".")
    claims = base64.urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    return f"{header}.{claims}.{signature}"


@pytest.mark.parametrize("make", [lambda: "sbk_\ud800", deep_token])
def test_odd_tokens_on_the_socket_are_refused(stores: Stores, make: Callable[[], str]) -> None:
    with pytest.raises(Disconnect) as refused:
        identify({"token": make()})
    assert refused.value.code == INVALID_TOKEN


@pytest.mark.parametrize("deleted", [False, True])
def test_opening_once_more_gives_no_token_for_what_a_user_took_over(stores: Stores, deleted: bool) -> None:
    with environment(RATELIMIT_ENABLED="false"):
        client = create_app().test_client()
        key = {"Idempotency-Key": str(uuid.uuid4()), "Idempotency-Secret": str(uuid.uuid4())}
        first = client.post("/api/conversations", json={}, headers=key)
        assert client.post("/api/conversations", json={}, headers=key).get_json()["token"]
        opened_one, owner = first.get_json()["conversation"], signed_in()
        with session() as db:
            assert take_over(db, opened_one["id"], opened_one["contact"], owner.id)
            if deleted:
                deletion.remove(db, Actor(), owner.id)
        check_problem(client.post("/api/conversations", json={}, headers=key), 409)
