"""Signing in on the running program: its worker killed, frozen and away; and sockets that end with their session."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from redis import Redis
from sqlalchemy import create_engine, text
from websockets.exceptions import ConnectionClosed

from tests.acceptance.member import PASSWORD, Member, Wire
from tests.live import until
from tests.program import Program


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with Program() as started:
        yield started


def test_the_auth_worker_away_is_503_within_ten_seconds_and_nothing_is_done_late(program: Program) -> None:
    with Member(program) as member:
        frozen = program.pids("auth")
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            response = member.login()
            assert response.status_code == 503, response.text
            assert time.monotonic() - began < 15  # ten, and some for a busy machine
            assert response.headers["Retry-After"]
            assert response.headers["Content-Type"] == "application/problem+json"
            assert member.refresh().status_code == 200  # needs no worker
            assert member.http.get("/health").json()["ok"] in {True, False}  # and nobody else waits
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        assert member.login().status_code == 200
        devices = member.http.get("/api/auth/sessions").json()["items"]
        assert len(devices) == 2  # registered, signed in; the one that was given up never began


@pytest.mark.parametrize("whole", [False, True], ids=["its process", "the whole worker"])
def test_killed_in_mid_login_the_user_gets_tokens_or_503_and_a_retry_works(program: Program, whole: bool) -> None:
    with Member(program) as member:
        for pause in (0.1,) if whole else (0.02, 0.1, 0.2):
            found: list[httpx.Response] = []
            attempt = threading.Thread(target=lambda into=found: into.append(member.login()))
            attempt.start()
            time.sleep(pause)  # somewhere in the hashing
            parent = program.pid("auth")
            victims = program.pids("auth") if whole else [pid for pid in program.pids("auth") if pid != parent]
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
            attempt.join(20)
            assert found[0].status_code in {200, 503}, found[0].text
            if whole:
                program.wait_back("auth", victims)
            until(lambda: member.login().status_code == 200, 30)


def test_killed_in_mid_registration_the_address_is_free_or_the_password_works(program: Program) -> None:
    said = {"email": "killed@example.org", "username": "killed", "password": PASSWORD}
    found: list[httpx.Response] = []

    def register() -> None:
        found.append(httpx.post(f"{program.url}/api/auth/register", json=said, timeout=40, trust_env=False))

    attempt = threading.Thread(target=register)
    attempt.start()
    time.sleep(0.15)
    program.wait_back("auth", program.kill("auth"))
    attempt.join(20)
    assert found[0].status_code in {201, 503}
    register()
    assert found[1].status_code in {201, 409}
    login = {"username": "killed", "password": PASSWORD}
    assert httpx.post(f"{program.url}/api/auth/login", json=login, timeout=40, trust_env=False).status_code == 200


def test_logout_closes_that_sessions_sockets_and_no_other(program: Program) -> None:
    with Member(program) as member, Member(program) as stranger:
        other = member.login().json()
        here, there = Wire(program, member.tokens["access_token"]), Wire(program, other["access_token"])
        strangers = Wire(program, stranger.tokens["access_token"])
        began = time.monotonic()
        assert member.http.post("/api/auth/logout").status_code == 204
        assert here.closed() == 3500
        assert time.monotonic() - began < 10  # not when its token expires
        assert there.is_open() and strangers.is_open()
        with pytest.raises(ConnectionClosed, match="3500"):
            Wire(program, member.tokens["access_token"])
        bearer = {"Authorization": f"Bearer {other['access_token']}"}
        assert httpx.post(f"{program.url}/api/auth/logout-all", headers=bearer, trust_env=False).status_code == 204
        assert there.closed() == 3500
        assert strangers.is_open()
        strangers.close()


def test_a_wiped_redis_revives_nobody_and_closes_who_was_signed_out_meanwhile(program: Program) -> None:
    with Member(program) as member, Member(program) as fine:
        gone = Wire(program, member.tokens["access_token"])
        stays = Wire(program, fine.tokens["access_token"])
        # Signed out by the database alone, as if the process that did it had died before it could tell.
        database = create_engine(program.settings.database_url)
        with database.begin() as connection:
            connection.execute(
                text("UPDATE device_session SET ended_at = :now WHERE user_id = :user"),
                {"now": time.time_ns() // 1000, "user": member.id},
            )
        database.dispose()
        with Redis.from_url(program.settings.redis_url) as redis:
            redis.flushall()
        assert member.http.get("/api/auth/me").status_code == 401
        assert fine.http.get("/api/auth/me").status_code == 200
        assert "error" not in stays.call("subscribe", channel=f"user:{fine.id}")
        assert gone.closed() == 3500
        stays.close()


def test_an_access_token_is_refreshed_on_the_socket_by_the_same_session_only(program: Program) -> None:
    with Member(program) as member:
        wire = Wire(program, member.tokens["access_token"])
        assert wire.first["connect"]["expires"] and 0 < wire.first["connect"]["ttl"] <= 1500
        assert member.refresh().status_code == 200
        assert wire.call("refresh", token=member.tokens["access_token"])["refresh"]["ttl"] > 0
        other = member.login().json()
        wire.send("refresh", token=other["access_token"])
        assert wire.closed() == 3500


def test_signing_in_goes_on_while_the_database_writes_elsewhere(program: Program) -> None:
    """The lock of SQLite's one writer is waited for, not failed at."""
    with Member(program) as member:
        database = create_engine(program.settings.database_url)
        with database.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            found: list[int] = []
            attempt = threading.Thread(target=lambda: found.append(member.login().status_code))
            attempt.start()
            attempt.join(1.5)
            connection.exec_driver_sql("ROLLBACK")
            attempt.join(15)
        database.dispose()
        assert found == [200]
