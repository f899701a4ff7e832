"""What happens to an account while the auth worker is still busy with a request about it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models.accounts import administration, audit, deletion, passwords, sessions
from models.accounts.audit import Actor
from models.accounts.auth_requests import Request
from models.accounts.sessions import DeviceSession, device_session
from models.errors import Forbidden, NotFound, SwitchboardError, Unauthenticated
from models.people import users
from models.store.database import engine, reading, session
from tests.live import until
from tests.models import samples
from tests.stores import Stores, fresh
from workers.accounts import passwords as workers_passwords

OLD, NEW, THIEFS = "the old words of the owner", "the new words of the owner", "other words of a thief"
ROOT = Actor(str(uuid.uuid4()), "192.0.2.1")


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


@pytest.fixture
def owner(stores: Stores) -> str:
    """The id of a user with the old password; somebody else is superuser."""
    samples.user(is_superuser=True)
    return samples.user("owner@example.org", password_hash=passwords.hashed(OLD))


def asked(operation: str, user_id: str = "", session_id: str = "", **said: object) -> Request:
    """A request as the ingress makes it."""
    return Request(str(uuid.uuid4()), operation, said, "pytest", "192.0.2.2", None, user_id, session_id)


def signed_in(user_id: str) -> str:
    """The id of a new device session."""
    session_id = str(uuid.uuid4())
    with session() as db:
        sessions.begin(db, session_id, user_id, "pytest", "192.0.2.2")
    return session_id


def open_sessions(user_id: str) -> int:
    """How many there are."""
    with reading() as db:
        return len(sessions.of_user(db, user_id))


def kept(user_id: str) -> str | None:
    """The password's hash."""
    with reading() as db:
        return users.get(db, user_id).password_hash


def test_a_session_that_was_ended_meanwhile_changes_no_password(owner: str) -> None:
    ended, other, before = signed_in(owner), signed_in(owner), kept(owner)
    with session() as db:
        sessions.end(db, owner, ended)
    with pytest.raises(Unauthenticated):
        workers_passwords.change(asked("change_password", owner, ended, current=OLD, new=THIEFS))
    assert kept(owner) == before
    with reading() as db:
        assert db.get(DeviceSession, other).ended_at is None


def test_a_refused_change_of_password_is_in_the_trail(owner: str) -> None:
    with pytest.raises(Forbidden):
        workers_passwords.change(asked("change_password", owner, signed_in(owner), current=THIEFS, new=NEW))
    with reading() as db:
        assert [row.action for row in audit.page(db, None, 1, subject=owner)] == ["password.refused"]


@contextmanager
def held_up(user_id: str, request_id: str) -> Iterator[None]:
    """Who begins the session of this id waits inside until the end: only PostgreSQL lets others go on meanwhile."""
    with engine().connect() as connection:
        now = {"created_at": 0, "last_seen_at": 0, "rotated_at": 0, "expires_at": 0}
        row = {"id": request_id, "user_id": samples.user(), "salt": "", "counter": 0, "device": "", "address": ""}
        connection.execute(device_session.insert().values(**row, **now))
        yield
        connection.rollback()


def waiting() -> int:
    """How many statements wait for a lock."""
    with engine().connect() as connection:
        asked_for = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(connection.execute(text(asked_for)).scalar_one())


def change_password(db: Session, user_id: str) -> object:
    """What a superuser does for an owner whose password was stolen."""
    return administration.change(db, ROOT, user_id, password_hash=passwords.SCHEME + "$2b$12$" + "x" * 53)


def disable(db: Session, user_id: str) -> object:
    """As a superuser."""
    return administration.disable(db, ROOT, user_id)


def remove(db: Session, user_id: str) -> object:
    """As a superuser."""
    return deletion.remove(db, ROOT, user_id)


@pytest.mark.parametrize("stores", ["postgresql"], indirect=True)
@pytest.mark.parametrize("change", [change_password, disable, remove])
def test_a_sign_in_that_is_under_way_leaves_no_session(owner: str, change: Callable[[Session, str], object]) -> None:
    request = asked("login", name="owner@example.org", password=OLD)
    ends: list[Exception | None] = []

    def log_in() -> None:
        try:
            workers_passwords.login(request)
            ends.append(None)
        except Exception as error:
            ends.append(error)

    def alter() -> None:
        with session() as db:
            change(db, owner)

    signing, altering = threading.Thread(target=log_in), threading.Thread(target=alter)
    with held_up(owner, request.id):
        signing.start()
        until(lambda: waiting() == 1, 10)
        altering.start()
        until(lambda: waiting() == 2 or not altering.is_alive(), 10)
    signing.join()
    altering.join()
    assert ends[0] is None or isinstance(ends[0], SwitchboardError), ends
    assert open_sessions(owner) == 0


@pytest.mark.parametrize("stores", ["postgresql"], indirect=True)
def test_a_refresh_while_the_user_is_deleted_is_refused(owner: str) -> None:
    session_id = str(uuid.uuid4())
    with session() as db:
        token = sessions.begin(db, session_id, owner, "pytest", "192.0.2.2")
    ends: list[object] = []

    def refresh() -> None:
        try:
            with session() as db:
                ends.append(sessions.rotate(db, token))
        except Exception as error:
            ends.append(error)

    refreshing = threading.Thread(target=refresh)
    with session() as db:
        deletion.remove(db, ROOT, owner)
        db.flush()
        refreshing.start()
        until(lambda: waiting() == 1, 10)
    refreshing.join()
    assert ends == [None]


def test_of_two_who_change_the_password_at_once_the_second_must_know_the_new_one(owner: str) -> None:
    owners, thiefs = signed_in(owner), signed_in(owner)
    ends: dict[str, Exception | None] = {}
    together = threading.Barrier(2)

    def run(who: str, new: str) -> None:
        together.wait()
        try:
            workers_passwords.change(asked("change_password", owner, who, current=OLD, new=new))
            ends[who] = None
        except SwitchboardError as error:
            ends[who] = error

    threads = [threading.Thread(target=run, args=one) for one in ((owners, NEW), (thiefs, THIEFS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(error is None for error in ends.values()) == 1, ends
    assert open_sessions(owner) == 1


@pytest.mark.parametrize("stores", ["postgresql"], indirect=True)
def test_who_is_changed_while_they_are_deleted_is_not_found(owner: str) -> None:
    ends: list[object] = []

    def enable() -> None:
        try:
            with session() as db:
                ends.append(administration.enable(db, ROOT, owner))
        except Exception as error:
            ends.append(type(error))

    enabling = threading.Thread(target=enable)
    with session() as db:
        deletion.remove(db, ROOT, owner)
        db.flush()
        enabling.start()
        until(lambda: waiting() == 1, 10)
    enabling.join()
    assert ends == [NotFound]
