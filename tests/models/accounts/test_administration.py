"""What superusers do to accounts, on both databases: also two at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Executable, Table, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.accounts import (
    administration,
    api_keys,
    audit,
    deletion,
    revocation_recovery,
    revocations,
    roles,
    sessions,
    superusers,
    verifications,
)
from models.accounts.audit import Actor
from models.accounts.passkeys import Passkey
from models.clock import microseconds
from models.conversations import conversations
from models.errors import Conflict, Forbidden, Invalid, NotFound
from models.people import users
from models.people.users import User
from models.store.database import reading, session
from tests.models import samples
from tests.stores import Stores

ROOT = Actor(str(uuid.uuid4()), "192.0.2.1")
Change = Callable[[Session, Actor, str], object]


def demote(db: Session, actor: Actor, user_id: str) -> object:
    """Takes the mark of a superuser."""
    return administration.set_superuser(db, actor, user_id, False)


WAYS_OUT: list[Change] = [demote, administration.disable, deletion.remove]


def superuser() -> str:
    """The id of a new one."""
    return samples.user(is_superuser=True)


def do(change: Change, user_id: str) -> Any:
    """In a transaction of its own."""
    with session() as db:
        return change(db, ROOT, user_id)


def active_superusers() -> int:
    """How many there are."""
    with reading() as db:
        u = users.user.c
        return db.execute(select(func.count()).where(u.is_superuser, u.is_active)).scalar_one()


def at_once(*calls: Callable[[], object]) -> list[type[Exception] | None]:
    """Calls them in threads that start together. Returns the kind of error of each, or None."""
    together = threading.Barrier(len(calls))
    ends: list[type[Exception] | None] = []

    def run(call: Callable[[], object]) -> None:
        together.wait()
        try:
            call()
            ends.append(None)
        except Exception as error:
            ends.append(type(error))

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


@pytest.mark.parametrize("leave", WAYS_OUT)
def test_the_last_active_superuser_stays_one(stores: Stores, leave: Change) -> None:
    first, disabled = superuser(), superuser()
    do(administration.disable, disabled)
    samples.user()  # anybody else
    with pytest.raises(Conflict):
        do(leave, first)
    assert active_superusers() == 1
    with reading() as db:
        assert audit.page(db, None, 10, subject=first) == []
    superuser()
    do(leave, first)
    assert active_superusers() == 1


def test_a_disabled_superuser_can_be_deleted(stores: Stores) -> None:
    superuser()
    disabled = superuser()
    do(administration.disable, disabled)
    do(deletion.remove, disabled)
    with pytest.raises(NotFound), reading() as db:
        users.get(db, disabled)


@pytest.mark.parametrize("leave", WAYS_OUT)
def test_two_superusers_who_throw_each_other_out_leave_one(stores: Stores, leave: Change) -> None:
    last = superuser()
    for _ in range(8):
        other = superuser()
        ends = at_once(partial(do, leave, last), partial(do, demote, other))
        assert sorted(ends, key=str) == [Conflict, None]
        assert active_superusers() == 1
        with reading() as db:
            u = users.user.c
            last = db.execute(select(u.id).where(u.is_superuser, u.is_active)).scalar_one()


def test_who_is_no_superuser_any_more_may_do_nothing(stores: Stores) -> None:
    """Also one who is demoted while the change waits; and who acts stays a superuser until the end."""
    first, _ = superuser(), superuser()
    with session() as db:
        superusers.lock_acting(db, Actor(first))
        superusers.lock_acting(db, Actor())  # the command line
        demoting = threading.Thread(target=do, args=(demote, first))
        demoting.start()
        demoting.join(0.3)
        assert demoting.is_alive()
    demoting.join(10)
    for nobody in (Actor(first), Actor(samples.user()), Actor(str(uuid.uuid4()))):
        with pytest.raises(Forbidden), session() as db:
            superusers.lock_acting(db, nobody)


def test_who_is_unknown_is_not_found(stores: Stores) -> None:
    superuser()
    changes: Iterable[Change] = (
        *WAYS_OUT,
        administration.enable,
        administration.change,
        partial(administration.set_roles, role_ids=[]),
        administration.remove_role,
    )
    for change in changes:
        with pytest.raises(NotFound):
            do(change, str(uuid.uuid4()))


def a_role(*permissions: str) -> str:
    """The id of a new one."""
    with session() as db:
        return roles.add(db, str(uuid.uuid4()), "", permissions).id


def roles_of(user_id: str) -> set[str]:
    """The ids."""
    with reading() as db:
        return {role.id for role in roles.of_user(db, user_id)}


def test_a_change_of_roles_renews_the_rights(stores: Stores) -> None:
    user_id, role_id = samples.user(), a_role("operate")
    revoked = do(partial(administration.set_roles, role_ids=[role_id, role_id]), user_id)
    assert revoked.generations == {user_id: 1}
    assert roles_of(user_id) == {role_id}
    with pytest.raises(Invalid):
        do(partial(administration.set_roles, role_ids=[role_id, "unknown"]), user_id)
    assert do(administration.remove_role, role_id).generations == {user_id: 2}
    assert roles_of(user_id) == set()
    with reading() as db:
        assert roles.permissions_of(db, user_id) == []


def test_the_built_in_role_cannot_be_deleted_and_names_are_unique(stores: Stores) -> None:
    with reading() as db:
        operator = next(role for role in roles.all_roles(db) if role.name == "operator")
    with pytest.raises(Conflict):
        do(administration.remove_role, operator.id)
    with pytest.raises(Conflict), session() as db:
        administration.add_role(db, ROOT, "operator", "", ["feedback"])
    with pytest.raises(Invalid), session() as db:
        administration.add_role(db, ROOT, "new", "", ["operate", "everything"])


def test_of_two_who_set_roles_at_once_one_has_the_last_word(stores: Stores) -> None:
    user_id, one, other = samples.user(), a_role("operate"), a_role("feedback")
    for _ in range(8):
        sets = ([one], [one, other])
        assert at_once(*(partial(do, partial(administration.set_roles, role_ids=ids), user_id) for ids in sets)) == [
            None,
            None,
        ]
        assert roles_of(user_id) in ({one}, {one, other})


def test_a_role_that_is_given_while_it_is_deleted_is_nobody_s(stores: Stores) -> None:
    user_id = samples.user()
    for _ in range(8):
        role_id = a_role("operate")
        give = partial(administration.set_roles, role_ids=[role_id])
        ends = at_once(partial(do, give, user_id), partial(do, administration.remove_role, role_id))
        assert set(ends) <= {None, Invalid}
        assert roles_of(user_id) == set()


def test_a_new_address_is_unverified_and_its_code_void(stores: Stores) -> None:
    user_id = samples.user("old@example.org", email_verified=True, phone_number="+4930901820", phone_verified=True)
    with session() as db:
        code = verifications.begin(db, user_id, verifications.EMAIL, "theirs@example.org")
    do(partial(administration.change, email="old@example.org", full_name="Ann"), user_id)
    with reading() as db:
        found = users.get(db, user_id)
        assert (found.email_verified, found.phone_verified, found.full_name) == (True, True, "Ann")
    do(partial(administration.change, email="new@example.org", phone_number=None), user_id)
    with session() as db:
        found = users.get(db, user_id)
        assert (found.email, found.email_verified, found.phone_verified) == ("new@example.org", False, False)
        assert verifications.use(db, user_id, verifications.EMAIL, code) is None


def test_a_new_password_ends_all_sessions(stores: Stores) -> None:
    user_id = samples.user()
    with session() as db:
        sessions.begin(db, "s" * 36, user_id, "phone", "192.0.2.1")
    assert do(partial(administration.change, bio="x"), user_id).sessions == ()
    assert do(partial(administration.change, password_hash="x"), user_id).sessions == ["s" * 36]
    with reading() as db:
        told = [(row.action, row.detail) for row in audit.page(db, None, 2)]
    assert told == [("password.changed", {}), ("user.changed", {"fields": ["bio"]})]


def test_nobody_has_more_than_fifty_keys(stores: Stores) -> None:
    user_id, other = samples.user(), samples.user()
    with session() as db:
        for n in range(api_keys.MAX - 1):
            api_keys.add(db, user_id, f"key {n}", [api_keys.READ])

    def add(db: Session, actor: Actor, whose: str) -> object:
        return api_keys.add(db, whose, "one more", [api_keys.READ])

    for _ in range(8):
        ends = at_once(*[partial(do, add, user_id)] * 4)
        assert sorted(ends, key=str) == [Conflict, Conflict, Conflict, None]
        with session() as db:
            api_keys.remove(db, user_id, api_keys.of_user(db, user_id)[0].id)
    do(add, other)


def full_account() -> str:
    """A user who has something of everything."""
    user_id = samples.user(full_name="Ann Lee")
    samples.users_conversation(user_id)
    with session() as db:
        sessions.begin(db, str(uuid.uuid4()), user_id, "phone", "192.0.2.1")
        api_keys.add(db, user_id, "mine", [api_keys.READ])
        verifications.begin(db, user_id, verifications.EMAIL, "ann@example.org")
        roles.assign(db, user_id, [role.id for role in roles.all_roles(db)])
        key: dict[str, Any] = {
            "credential_id": user_id,
            "public_key": b"x",
            "name": "phone",
            "created_at": microseconds(),
        }
        db.add(Passkey(id=user_id, user_id=user_id, **key))
        audit.record(db, "session.begun", user_id, user_id)
    return user_id


def rows_of(user_id: str) -> dict[str, int]:
    """In how many rows of each table a user is named."""
    tables: Iterable[Table] = (*deletion.OWNED, conversations.conversation)
    with reading() as db:
        return {
            table.name: db.execute(select(func.count()).where(table.c.user_id == user_id)).scalar_one()
            for table in tables
        }


def test_a_deleted_user_leaves_only_the_audit_trail(stores: Stores) -> None:
    deleted, kept = full_account(), full_account()
    revoked = do(deletion.remove, deleted)
    assert len(revoked.sessions) == 2  # a device and a key
    assert set(rows_of(deleted).values()) == {0}
    assert set(rows_of(kept).values()) == {1}
    with reading() as db:
        assert [row.action for row in audit.page(db, None, 10, subject=deleted)] == [
            "user.deleted",
            "session.begun",
        ]
        for found in (revocation_recovery.all_revoked(db), revocation_recovery.revoked_since(db, microseconds())):
            assert found.generations == {deleted: revocations.GONE}
    with pytest.raises(NotFound):
        do(deletion.remove, deleted)


def test_every_table_of_a_user_is_emptied(stores: Stores) -> None:
    """A table that names users and that deleting forgets would make users with rows in it undeletable."""
    naming = {
        table.name
        for table in users.user.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table is users.user
    }
    assert naming == {table.name for table in (*deletion.OWNED, conversations.conversation)}


@pytest.mark.parametrize(
    "statement",
    [update(audit.audit).values(action="x"), delete(audit.audit), text("UPDATE audit SET actor = NULL WHERE id = 1")],
)
def test_the_database_keeps_the_audit_trail_as_it_is(stores: Stores, statement: Executable) -> None:
    with session() as db:
        audit.record(db, "user.created", ROOT.id, ROOT.id, ROOT.address, by="test")
    with pytest.raises(DBAPIError, match="append-only"), session() as db:
        db.execute(statement)
    with reading() as db:
        (row,) = audit.page(db, None, 10)
        assert (row.action, row.actor, row.detail) == ("user.created", ROOT.id, {"by": "test"})


def test_users_are_paged_and_found_by_words(stores: Stores) -> None:
    for name in ("Ann Lee", "Ann 100%", "Ben_Lee"):
        samples.user(f"{uuid.uuid4().hex[:8]}@example.org", full_name=name)

    def found(words: str | None, after: tuple[int, str] | None = None, limit: int = 10) -> list[str | None]:
        with reading() as db:
            return [row.full_name for row in users.page(db, after, limit, words)]

    assert found(None) == ["Ann Lee", "Ann 100%", "Ben_Lee"]
    assert found("lee ANN") == ["Ann Lee"]
    assert found("%") == ["Ann 100%"]
    assert found("n_l") == ["Ben_Lee"]
    assert found("example.org lee") == ["Ann Lee", "Ben_Lee"]
    assert found("nobody") == []
    with reading() as db:
        first = db.execute(select(User).where(users.user.c.full_name == "Ann Lee")).scalar_one()
        after = (first.created_at, first.id)
    assert found(None, after) == ["Ann 100%", "Ben_Lee"]
    assert found(None, after, 1) == ["Ann 100%"]
