"""What a caller may do again and again: it keeps nobody waiting and fills no table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from ingress.accounts import changes
from models.accounts import audit, tally
from models.accounts.api_keys import READ
from models.store.database import reading, session
from tests.ingress.accounts.test_sign_in import PASSWORD, register
from tests.ingress.conftest import Started, check_problem
from tests.ingress.identity.account import Account, signed_in


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    tally._counts.clear()
    yield
    tally._counts.clear()


def entries(**where: Any) -> int:
    """How many entries of the audit trail say this."""
    query = select(func.count()).select_from(audit.audit)
    for name, value in where.items():
        query = query.where(audit.audit.c[name] == value)
    with reading() as db:
        return int(db.execute(query).scalar_one())


def test_right_password_changes_wait_longer_and_longer_too(client: FlaskClient) -> None:
    tokens = register(client, "changer")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    def change(n: int) -> Any:
        said = {"current": PASSWORD if n == 0 else f"right words number {n}", "new": f"right words number {n + 1}"}
        return client.put("/api/auth/me/password", json=said, headers=bearer)

    made = 0
    while (told := change(made)).status_code == 204:  # a machine that hashes slowly gets beyond the first short waits
        made += 1
        assert made < 12
    check_problem(told, 429)
    assert int(told.headers["Retry-After"]) >= 1
    assert made >= 5
    right = {"username": "changer", "password": f"right words number {made}"}
    assert client.post("/api/auth/login", json=right).status_code == 200  # signing in has a count of its own


def test_a_new_password_is_another_one(client: FlaskClient) -> None:
    tokens = register(client, "same")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    said = {"current": PASSWORD, "new": PASSWORD}
    for _ in range(8):
        problem = check_problem(client.put("/api/auth/me/password", json=said, headers=bearer), 422)
    assert problem["errors"][0]["field"] == "new"


def calls(ann: Account) -> dict[str, Any]:
    """What leaves an entry with each call, or tries to."""

    def make_and_delete_a_key() -> Any:
        made = ann.post("/api/auth/keys", {"name": "k", "scopes": [READ]})
        return ann.delete(f"/api/auth/keys/{made.get_json()['id']}") if made.status_code == 201 else made

    return {
        "profile": lambda: ann.put("/api/auth/me", {"bio": "x"}),
        "keys": make_and_delete_a_key,
        "wrong codes": lambda: ann.post("/api/auth/me/email/verify", {"code": "000000"}),
    }


@pytest.mark.parametrize("name", ["profile", "keys", "wrong codes"])
def test_a_user_fills_no_table(started: Started, name: str) -> None:
    ann = signed_in(started(RATELIMIT_ENABLED="true"))
    call = calls(ann)[name]
    for _ in range(changes.CHANGES_PER_DAY + 5):
        last = call()
    check_problem(last, 429)
    assert int(last.headers["Retry-After"]) > 60
    assert entries(actor=ann.id) <= changes.CHANGES_PER_DAY


def test_what_repeats_is_told_by_its_number(client: FlaskClient) -> None:
    def note(times: int, address: str, subject: str | None = None) -> None:
        with session() as db:
            for _ in range(times):
                audit.record(db, "session.refused", None, subject, address, by="test")

    before = entries(action="session.refused")
    note(1000, "2001:db8::1")
    note(1000, "2001:db8::2")  # the same network
    assert entries(action="session.refused") - before == tally.RECORDED_ALWAYS + 5  # 64, 128, 256, 512, 1024
    with reading() as db:
        newest = audit.page(db, None, 1)[0]
    assert newest.detail == {"by": "test", "times": 1024}
    note(3, "2001:db8:0:1::1")
    note(3, "2001:db8::1", "a user")
    assert entries(action="session.refused") - before == tally.RECORDED_ALWAYS + 5 + 6
