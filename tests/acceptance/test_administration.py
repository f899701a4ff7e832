"""Superusers on the running program: made at a shell, and what they take away ends on open sockets, too."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosed

from tests.acceptance.member import PASSWORD, Member, Wire
from tests.acceptance.superuser import create_superuser
from tests.program import Program


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with Program() as started:
        yield started


@pytest.fixture(scope="module")
def root(program: Program) -> Iterator[httpx.Client]:
    """A superuser, made at the shell and signed in."""
    create_superuser(
        program, "--email", "root@example.org", "--username", "root", "--password-stdin", said=f"{PASSWORD}\n"
    )
    with httpx.Client(base_url=program.url, timeout=40, trust_env=False) as client:
        told = client.post("/api/auth/login", json={"username": "root", "password": PASSWORD}).raise_for_status().json()
        assert told["user"]["is_superuser"]
        client.headers["Authorization"] = f"Bearer {told['access_token']}"
        yield client


def key_of(member: Member) -> dict[str, str]:
    """A new API key: its id and its secret."""
    said = {"name": "script", "scopes": ["conversations:read"]}
    return member.http.post("/api/auth/keys", json=said).raise_for_status().json()


def refused(program: Program, token: str) -> None:
    """A socket with this token is closed as soon as it says connect."""
    with pytest.raises(ConnectionClosed, match="3500"):
        Wire(program, token)


def test_a_deleted_key_closes_its_sockets_and_no_other(program: Program) -> None:
    with Member(program) as member:
        deleted, kept = key_of(member), key_of(member)
        gone, stays, own = (
            Wire(program, token) for token in (deleted["key"], kept["key"], member.tokens["access_token"])
        )
        assert member.http.delete(f"/api/auth/keys/{deleted['id']}").status_code == 204
        assert gone.closed() == 3500
        refused(program, deleted["key"])
        assert stays.is_open()
        assert own.is_open()
        stays.close()
        own.close()


def test_a_disabled_user_s_sockets_close_and_an_enabled_user_s_key_opens_one_again(
    program: Program, root: httpx.Client
) -> None:
    with Member(program) as member, Member(program) as stranger:
        key = key_of(member)["key"]
        wires = [Wire(program, token) for token in (member.tokens["access_token"], key)]
        strangers = Wire(program, stranger.tokens["access_token"])
        assert root.post(f"/api/users/{member.id}/disable").status_code == 200
        assert [wire.closed() for wire in wires] == [3500, 3500]
        for token in (member.tokens["access_token"], key):
            refused(program, token)
        assert strangers.is_open()
        strangers.close()
        assert root.post(f"/api/users/{member.id}/enable").status_code == 200
        refused(program, member.tokens["access_token"])
        again = Wire(program, key)
        assert "error" not in again.call("subscribe", channel=f"user:{member.id}")
        again.close()


def test_new_roles_close_the_socket_for_a_fresh_token(program: Program, root: httpx.Client) -> None:
    operator = next(one for one in root.get("/api/roles").json()["items"] if one["name"] == "operator")
    with Member(program) as member, Member(program) as stranger:
        theirs = stranger.http.post("/api/conversations", json={}).raise_for_status().json()["conversation"]["id"]
        for role_ids, may in (([operator["id"]], True), ([], False)):
            wire = Wire(program, member.tokens["access_token"])
            assert root.put(f"/api/users/{member.id}/roles", json={"role_ids": role_ids}).status_code == 200
            assert wire.closed() == 3005  # the client comes back with a fresh token
            assert member.refresh().status_code == 200
            fresh = Wire(program, member.tokens["access_token"])
            told = fresh.call("subscribe", channel=f"conversation:{theirs}")
            assert ("error" not in told) is may, told
            fresh.close()


def test_a_deleted_user_stays_out_though_redis_was_wiped(program: Program, root: httpx.Client) -> None:
    with Member(program) as member, Member(program) as stranger:
        wire = Wire(program, member.tokens["access_token"])
        assert root.delete(f"/api/users/{member.id}").status_code == 204
        assert wire.closed() == 3500
        with Redis.from_url(program.settings.redis_url) as redis:
            redis.flushall()
        assert stranger.http.get("/api/auth/me").status_code == 200  # whose look puts everything back
        for _ in range(2):
            assert member.http.get("/api/auth/me").status_code == 401
            assert stranger.http.get("/api/auth/me").status_code == 200


def test_a_user_who_is_promoted_at_the_shell_may_after_a_refresh(program: Program) -> None:
    with Member(program) as member:
        assert member.http.get("/api/users").status_code == 403
        assert "is a superuser" in create_superuser(program, "--email", f"{member.name}@example.org", "--promote")
        assert member.http.get("/api/users").status_code == 401
        assert member.refresh().status_code == 200
        assert member.http.get("/api/users").status_code == 200
