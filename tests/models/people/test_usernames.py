"""What may be a username, and which two look alike."""

from __future__ import annotations

from functools import partial

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from models.errors import Conflict, Invalid
from models.migrations import migrate
from models.people import users
from models.people.usernames import look_of, username_of
from models.store.database import engine, reading, session
from tests.models import samples
from tests.models.accounts.test_passkeys import at_once
from tests.stores import Stores

ALIKE = [
    ("paypal", "PayPal"), ("paypal", "paypaI"), ("paypal", "раураl"), ("user0", "usero"), ("user1", "userl"),
    ("modern", "modem"), ("асе", "ace"), ("Scope", "Ѕсоре"), ("ann", "ａｎｎ"), ("café", "cafe\u0301"),
]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["ann", "Ann.Lee+1", "_x_", "ñandú", "名前", "佐藤taro", "김철수kim", "Ελένη",
     "नेहा", "שלום", "محمد", "7", "x" * 100]
)  # fmt: skip
def test_names_of_people_everywhere_pass(name: str) -> None:
    assert username_of(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "-", "_", "a b", "a\u00a0b", "a\u200bb", "a\u200db", "a\u2060b", "a\ufeffb", "a\u00adb", "a\u034fb",
        "a\u115fb", "\u3164", "a\u202eb", "a\u2066b", "a\nb", "a\0b", "a/b", "a@b", "a<b", "hé🎉", "\u0301", "ﬁne", "ⅷ",
        "pаypal", "Eλένη", "abא", "1\u0967", "\ufdfa" * 100, "\U000e0041", "\ud800",
    ],
)  # fmt: skip
def test_what_cannot_be_seen_or_mixes_scripts_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        username_of(name)
    assert refused.value.field == "username"
    assert name.strip("._-") == "" or name not in refused.value.reason


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_two_that_look_alike_do_not_both_exist(stores: Stores, one: str, other: str) -> None:
    samples.user(username=one)
    with pytest.raises(Conflict):
        samples.user(username=other)
    second = samples.user(username="quite-different")
    with pytest.raises(Conflict), session() as db:
        users.change(db, second, username=other)


def test_of_two_that_look_alike_at_once_one_is_made(stores: Stores) -> None:
    for n in range(5):
        ends = at_once(
            *(partial(samples.user, username=f"{name}{n + 2}") for name in ("asap", "аsар".replace("s", "ѕ")))
        )
        assert sorted(type(end).__name__ for end in ends) == ["Conflict", "str"]


def test_a_name_may_be_written_in_another_way_by_its_own_user(stores: Stores) -> None:
    user_id = samples.user(username="Irina")
    for name in ("irina", "lrina", "Irina", None, "Irina"):
        with session() as db:
            assert users.change(db, user_id, username=name).username == name
    with reading() as db:
        found = users.of_username(db, "IRINA")
        assert found is not None
        assert found.id == user_id


def test_different_names_look_different() -> None:
    names = ["ann", "anna", "bob", "user10", "user11", "vera", "wera", "анна", "ана"]
    assert len({look_of(name) for name in names}) == len(names)


def before_identity() -> str:
    """The migration before the one that this is about."""
    every = ScriptDirectory.from_config(migrate._config()).walk_revisions()
    return next(str(one.down_revision) for one in every if str(one.doc).startswith("Identity"))


def test_names_that_were_there_before_stay_and_sign_in(stores: Stores) -> None:
    older, younger, odd = (samples.user(username=name) for name in ("first", "second", "third"))
    engine().dispose()
    command.downgrade(migrate._config(), before_identity())
    try:
        with engine().execution_options(writes=True).begin() as connection:
            for user_id, name, at in ((older, "user1", 1), (younger, "userl", 2), (odd, "..", 3)):
                statement = text(
                    "UPDATE users SET username = :name, username_key = :name, created_at = :at WHERE id = :id"
                )
                connection.execute(statement, {"name": name, "at": at, "id": user_id})
    finally:
        engine().dispose()
        migrate.up()
    with reading() as db:
        found = [users.of_username(db, name) for name in ("user1", "userl", "..")]
    assert [row.id if row else None for row in found] == [older, younger, odd]
    with pytest.raises(Conflict):
        samples.user(username="userI")
    with session() as db:
        users.change(db, younger, username="userl", bio="the same name, set again")
    with pytest.raises(Conflict), session() as db:
        users.change(db, odd, username="user1")
