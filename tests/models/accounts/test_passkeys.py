"""Passkeys and their challenges in the stores, on both databases: reruns, races, and what must stay unique."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from models.accounts import challenges, passkeys, sessions
from models.accounts.challenges import LOGIN, Challenge
from models.accounts.passkeys import Passkey
from models.errors import Conflict, NotFound
from models.store.database import reading, session
from models.store.redis import redis
from tests.live import until
from tests.models import samples
from tests.stores import Stores


def added(user_id: str, count: int = 1, **said: Any) -> list[str]:
    """The ids of so many new passkeys of the user's."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    with session() as db:
        for one in ids:
            passkeys.add(db, one, user_id, "Key", **({"credential_id": f"of {one}", "public_key": b"k"} | said))
    return ids


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each of them returned or raised."""
    found: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            found[number] = calls[number]()
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def remove(user_id: str, passkey_id: str) -> None:
    """In a transaction of its own."""
    with session() as db:
        passkeys.remove(db, user_id, passkey_id)


def test_of_two_removed_at_once_the_last_way_in_stays(stores: Stores) -> None:
    for _ in range(10):
        user_id = samples.user()
        ids = added(user_id, 2)
        found = at_once(*(partial(remove, user_id, one) for one in ids))
        assert sorted(type(one).__name__ for one in found) == ["Conflict", "NoneType"]
        with reading() as db:
            assert len(passkeys.of_user(db, user_id)) == 1


@pytest.mark.parametrize("stores", ["postgresql"], indirect=True)  # SQLite has one writer, so nothing is held
def test_a_sign_in_and_a_removal_do_not_wait_for_each_other_for_ever(stores: Stores) -> None:
    """The sign-in holds the passkey's row and then refers to the user's; the removal goes the other way."""
    user_id = samples.user()
    used, _ = added(user_id, 2)
    holds, asked = threading.Event(), threading.Event()

    def sign_in() -> None:
        with session() as db:
            assert passkeys.note_use(db, used, 1, backed_up=False)
            holds.set()
            assert asked.wait(5)
            sessions.begin(db, str(uuid.uuid4()), user_id, "pytest", "127.0.0.1")

    def removal() -> None:
        assert holds.wait(5)
        remove(user_id, used)

    def watch() -> None:
        until(lambda: waiting_for_a_lock() > 0)
        asked.set()

    assert at_once(sign_in, removal, watch) == [None, None, None]


def waiting_for_a_lock() -> int:
    """How many of PostgreSQL's sessions on this database wait for one."""
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with reading() as db:
        return int(db.execute(text(waits)).scalar_one())


def test_a_rerun_adds_no_second(stores: Stores) -> None:
    user_id = samples.user()
    (one,) = added(user_id)
    with session() as db:
        again = passkeys.add(db, one, user_id, "Other name", credential_id=f"of {one}", public_key=b"k")
        assert (again.id, again.name) == (one, "Key")
    with reading() as db:
        assert [row.id for row in passkeys.of_user(db, user_id)] == [one]


def test_a_credential_is_one_user_s(stores: Stores) -> None:
    owner, other = samples.user(), samples.user()
    (one,) = added(owner)
    with pytest.raises(Conflict):
        added(other, credential_id=f"of {one}")
    found = at_once(*(partial(added, user_id, credential_id="the same") for user_id in (owner, other)))
    assert sorted(type(one).__name__ for one in found) == ["Conflict", "list"]
    with pytest.raises(NotFound):
        added("nobody")


def test_an_account_has_a_bounded_number(stores: Stores) -> None:
    user_id = samples.user()
    added(user_id, passkeys.MOST - 1)
    found = at_once(*(partial(added, user_id) for _ in range(3)))
    assert sorted(type(one).__name__ for one in found) == ["Conflict", "Conflict", "list"]


def test_the_counter_grows_or_stays_zero(stores: Stores) -> None:
    (one,) = added(samples.user(), sign_count=5)
    for counter, moved in ((5, False), (0, False), (4, False), (6, True), (6, False), (2**32 - 1, True), (1, False)):
        with session() as db:
            known = db.get(Passkey, one).sign_count
            assert passkeys.is_next_count(known, counter) is moved
            assert passkeys.note_use(db, one, counter, backed_up=True) is moved
    (zero,) = added(samples.user())
    for counter, moved in ((0, True), (0, True), (1, True), (0, False)):
        with session() as db:
            assert passkeys.is_next_count(db.get(Passkey, zero).sign_count, counter) is moved
            assert passkeys.note_use(db, zero, counter, backed_up=False) is moved


def test_of_many_uses_with_one_counter_one_wins(stores: Stores) -> None:
    (one,) = added(samples.user())

    def use() -> bool:
        with session() as db:
            return passkeys.note_use(db, one, 1, backed_up=False)

    assert sorted(at_once(*[use] * 6)) == [False] * 5 + [True]


def test_who_has_a_password_may_delete_every_passkey(stores: Stores) -> None:
    user_id = samples.user(password_hash="x")
    (one,) = added(user_id)
    remove(user_id, one)
    with pytest.raises(NotFound):
        remove(user_id, one)


def test_a_stranger_s_passkey_is_unknown_even_when_it_is_the_last(stores: Stores) -> None:
    owner, stranger = samples.user(), samples.user()
    (one,) = added(owner)
    added(stranger)
    with pytest.raises(NotFound):
        remove(stranger, one)
    with pytest.raises(Conflict):
        remove(owner, one)


def test_a_challenge_is_taken_once_and_is_soon_too_old(stores: Stores) -> None:
    made = challenges.begin(Challenge(LOGIN, email="ann@example.org"))
    assert len(made) == 32
    (key,) = redis().scan_iter("challenge:*")
    assert made.hex() not in key
    assert 290 < redis().ttl(key) <= 300
    found = at_once(*[partial(challenges.take, made)] * 8)
    assert [one for one in found if one is not None] == [Challenge(LOGIN, email="ann@example.org")]
    assert challenges.take(b"") is None
