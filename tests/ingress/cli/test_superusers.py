"""`flask --app ingress create-superuser`."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest
from click.testing import Result
from sqlalchemy import select

from ingress import create_app
from models.accounts import addresses, audit, passwords, verifications
from models.migrations import migrate
from models.people import users
from models.people.users import User
from models.settings import ROOT
from models.store.database import reading, session
from tests.models import samples
from tests.stores import Stores, fresh

PASSWORD = "a few words to remember"
EMAIL = "ann@example.org"


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def run(*words: str, said: str | None = None) -> Result:
    """The command, with this on its standard input."""
    return create_app().test_cli_runner().invoke(args=["create-superuser", *words], input=said)


def everybody() -> list[User]:
    """All users."""
    with reading() as db:
        return list(db.execute(select(User)).scalars())


def test_a_script_makes_one(stores: Stores) -> None:
    result = run("--email", "Ann@Example.org", "--username", "ann", "--password-stdin", said=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    (user,) = everybody()
    assert (user.email, user.username, user.is_superuser, user.is_active) == (EMAIL, "ann", True, True)
    assert passwords.verify(PASSWORD, user.password_hash)
    with reading() as db:
        (entry,) = audit.page(db, None, 10)
    assert (entry.action, entry.actor, entry.subject, entry.address) == ("user.created", None, user.id, None)


def test_at_a_terminal_the_password_is_asked_for_and_not_shown(stores: Stores) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "flask", "--app", "ingress", "create-superuser", "--email", EMAIL]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        for question in (b"Password", b"Repeat"):
            while question not in shown.rpartition(b"\n")[2]:
                shown += os.read(ours, 1000)
            os.write(ours, f"{PASSWORD}\n".encode())
        assert process.wait(60) == 0
    shown += os.read(ours, 1000)
    os.close(ours)
    assert b"is a superuser" in shown
    assert PASSWORD.encode() not in shown
    assert passwords.verify(PASSWORD, everybody()[0].password_hash)


@pytest.mark.parametrize(
    ("words", "said", "told"),
    [
        (["--email", EMAIL, "--password-stdin"], "short\n", "at least 15 characters"),
        (["--email", EMAIL, "--password-stdin"], "", "at least 15 characters"),
        (["--email", EMAIL], f"{PASSWORD}\n", "--password-stdin"),
        (["--email", "ann", "--password-stdin"], f"{PASSWORD}\n", "--email"),
        (["--email", EMAIL, "--username", "a b", "--password-stdin"], f"{PASSWORD}\n", "--username"),
        (["--email", EMAIL, "--promote"], None, "has no account"),
        (["--email", EMAIL, "--promote", "--password-stdin"], f"{PASSWORD}\n", "--promote"),
        ([], None, "--email"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    stores: Stores, words: list[str], said: str | None, told: str
) -> None:
    result = run(*words, said=said)
    assert result.exit_code != 0
    assert told in result.output
    assert "Traceback" not in result.output
    assert everybody() == []


def test_a_taken_address_is_to_be_promoted(stores: Stores) -> None:
    user_id = samples.user(EMAIL, username="ann", password_hash="as it was")
    result = run("--email", EMAIL.upper(), "--password-stdin", said=f"{PASSWORD}\n")
    assert result.exit_code == 1
    assert f"make superuser EMAIL={EMAIL} PROMOTE=yes" in result.output
    result = run("--email", "other@example.org", "--username", "Ann", "--password-stdin", said=f"{PASSWORD}\n")
    assert "The username Ann is taken" in result.output
    assert not everybody()[0].is_superuser
    assert run("--email", EMAIL, "--promote").exit_code == 0
    (user,) = everybody()
    assert (user.id, user.is_superuser, user.password_hash, user.generation) == (user_id, True, "as it was", 1)
    with reading() as db:
        assert [row.action for row in audit.page(db, None, 10, subject=user_id)] == ["superuser.granted"]


def test_of_several_holders_of_an_address_none_is_promoted_by_chance(stores: Stores) -> None:
    squatter, owner = samples.user(EMAIL), samples.user(EMAIL)
    result = run("--email", EMAIL, "--promote")
    assert result.exit_code == 1
    assert "none has verified it" in result.output
    result = run("--email", EMAIL, "--password-stdin", said=f"{PASSWORD}\n")
    assert "make sure that you know the account" in result.output
    assert not any(user.is_superuser for user in everybody())
    with session() as db:
        code = verifications.begin(db, owner, verifications.EMAIL, EMAIL)
    with session() as db:
        assert addresses.prove(db, owner, verifications.EMAIL, code) == [squatter]
    assert run("--email", EMAIL, "--promote").exit_code == 0
    assert {user.id for user in everybody() if user.is_superuser} == {owner}


def test_a_disabled_account_is_not_promoted(stores: Stores) -> None:
    user_id = samples.user(EMAIL)
    with session() as db:
        users.change(db, user_id, is_active=False)
    result = run("--email", EMAIL, "--promote")
    assert result.exit_code == 1
    assert "disabled" in result.output
    assert not everybody()[0].is_superuser


def test_redis_may_be_away(stores: Stores) -> None:
    samples.user(EMAIL)
    stores.redis.kill()
    try:
        for words, said in (
            (["--email", EMAIL, "--promote"], None),
            (["--email", "b@example.org", "--password-stdin"], PASSWORD),
        ):
            result = run(*words, said=said)
            assert result.exit_code == 0, result.output
    finally:
        stores.redis.start()
    assert [user.is_superuser for user in everybody()] == [True, True]


def test_a_database_without_tables_is_named(stores: Stores) -> None:
    migrate.down()
    try:
        result = run("--email", EMAIL, "--password-stdin", said=PASSWORD)
    finally:
        migrate.up()
    assert result.exit_code == 1
    assert "models.migrations up" in result.output
