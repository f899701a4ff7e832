"""Registering with an address that others hold or register at the same moment."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial

import pytest

from models.accounts import addresses
from models.accounts.auth_requests import Request
from models.errors import Conflict, Unauthenticated
from models.store.database import reading
from tests.models.accounts.test_passkeys import at_once
from tests.stores import Stores, fresh
from workers.accounts import passwords

EMAIL, ANNS, BENS = "both@example.org", "ann has a few words", "ben has other words"


@pytest.fixture(params=["sqlite", "postgresql"], autouse=True)
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def asked(operation: str, **said: object) -> Request:
    return Request(str(uuid.uuid4()), operation, said, "pytest", "192.0.2.2")


def registration(word: str) -> Request:
    return asked("register", email=EMAIL, password=word)


def entered(word: str) -> str:
    """Whose account this password opens by the address."""
    return str(passwords.login(asked("login", name=EMAIL, password=word))["user"]["id"])


def test_two_people_with_one_address_at_once_are_two_and_each_twice_is_one() -> None:
    ends = at_once(*(partial(passwords.register, registration(word)) for word in (ANNS, BENS) * 2))
    made = {end["user"]["id"] for end in ends if isinstance(end, dict)}
    assert sum(isinstance(end, Conflict) for end in ends) == len(made) == 2, ends
    with reading() as db:
        assert {row.id for row in addresses.holders(db, EMAIL)} == made
    assert {entered(ANNS), entered(BENS)} == made


def test_a_rerun_of_a_registration_makes_no_second_account() -> None:
    request = registration(ANNS)
    first = passwords.register(request)["user"]["id"]
    passwords.register(registration(BENS))
    assert passwords.register(request)["user"]["id"] == first == entered(ANNS)


def test_an_older_ingress_leaves_out_what_was_not_said() -> None:
    made = passwords.register(asked("register", email=EMAIL, password=ANNS, full_name="Ann"))["user"]
    assert (made["full_name"], made["username"]) == ("Ann", None)
    with pytest.raises(Unauthenticated):
        entered(BENS)
