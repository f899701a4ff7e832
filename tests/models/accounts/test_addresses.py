"""Whose an address is: two who prove it at once, each other's addresses, and what a loser keeps."""

from __future__ import annotations

from functools import partial

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from models.accounts import addresses, administration, verifications
from models.accounts.audit import Actor
from models.errors import Conflict
from models.migrations import migrate
from models.people import users
from models.people.users import EMAIL, PHONE, User
from models.store.database import engine, reading, session
from tests.models import samples
from tests.models.accounts.test_passkeys import at_once
from tests.stores import Stores

MAILBOX = "owner@example.org"
NUMBER = "+4930901820"


def code_for(user_id: str, kind: str = EMAIL, address: str = MAILBOX) -> str:
    with session() as db:
        return verifications.begin(db, user_id, kind, address)


def prove(user_id: str, code: str, kind: str = EMAIL) -> list[str] | None:
    with session() as db:
        return addresses.prove(db, user_id, kind, code)


def stored(user_id: str) -> User:
    with reading() as db:
        return users.get(db, user_id)


def candidates(name: str) -> list[str]:
    with reading() as db:
        return [row.id for row in addresses.sign_in_candidates(db, name)]


def test_who_proves_an_address_takes_it_from_all_who_only_named_it(stores: Stores) -> None:
    squatter, other, owner = (samples.user(MAILBOX) for _ in range(3))
    their_code = code_for(squatter)
    assert sorted(prove(owner, code_for(owner)) or ()) == sorted([squatter, other])
    assert (stored(owner).email, stored(owner).email_verified) == (MAILBOX, True)
    assert [stored(one).email for one in (squatter, other)] == [None, None]
    assert prove(squatter, their_code) is None  # a code that was sent to somebody else's mailbox
    assert candidates(MAILBOX) == [owner]
    with pytest.raises(Conflict):
        samples.user(MAILBOX)


def test_a_number_is_taken_from_those_who_only_named_it(stores: Stores) -> None:
    squatter, owner = samples.user(phone_number=NUMBER), samples.user()
    assert prove(owner, code_for(owner, PHONE, NUMBER), PHONE) == [squatter]
    assert (stored(owner).phone_number, stored(owner).phone_verified) == (NUMBER, True)
    assert stored(squatter).phone_number is None
    late = samples.user()
    with pytest.raises(Conflict):
        prove(late, code_for(late, PHONE, NUMBER), PHONE)
    assert stored(owner).phone_number == NUMBER


def test_of_two_who_prove_one_address_at_once_one_has_it(stores: Stores) -> None:
    for n in range(10):
        mailbox = f"race{n}@example.org"
        pair = [samples.user(mailbox) for _ in range(2)]
        codes = [code_for(one, address=mailbox) for one in pair]
        ends = at_once(*(partial(prove, one, code) for one, code in zip(pair, codes, strict=True)))
        assert sum(isinstance(end, list) for end in ends) == 1, ends
        assert sorted(str(stored(one).email) for one in pair) == ["None", mailbox]
        assert sum(stored(one).email_verified for one in pair) == 1


def test_two_who_prove_addresses_that_the_other_holds_wait_in_no_circle(stores: Stores) -> None:
    for n in range(10):
        mine, yours = f"mine{n}@example.org", f"yours{n}@example.org"
        first, second = samples.user(yours), samples.user(mine)
        codes = code_for(first, address=mine), code_for(second, address=yours)
        ends = at_once(partial(prove, first, codes[0]), partial(prove, second, codes[1]))
        assert all(isinstance(end, list) for end in ends), ends
        assert (stored(first).email, stored(second).email) == (mine, yours)


def test_a_wrong_code_takes_nothing(stores: Stores) -> None:
    squatter, owner = samples.user(MAILBOX), samples.user(MAILBOX)
    right = code_for(owner)
    assert prove(owner, f"{(int(right) + 1) % 10**6:06}") is None
    assert [stored(one).email for one in (squatter, owner)] == [MAILBOX, MAILBOX]
    assert prove(owner, right) == [squatter]


def test_a_crowd_of_holders_leaves_the_first_one_in_and_costs_three_hashes(stores: Stores) -> None:
    first, *crowd = [samples.user(MAILBOX, username=f"crowd{n}") for n in range(8)]
    assert candidates(MAILBOX.upper()) == [first, crowd[-1], crowd[-2]]
    assert candidates("crowd3") == [crowd[2]]
    assert candidates("nobody@example.org") == candidates("nobody") == []


def test_a_superuser_s_word_proves_nothing(stores: Stores) -> None:
    holder, other = samples.user(MAILBOX), samples.user()
    with pytest.raises(Conflict), session() as db:
        administration.create(db, Actor(), MAILBOX)
    with pytest.raises(Conflict), session() as db:
        administration.change(db, Actor(), other, email=MAILBOX)
    with session() as db:
        administration.change(db, Actor(), holder, email=MAILBOX, full_name="As before")
    assert stored(holder).full_name == "As before"


def before_identity() -> str:
    """The migration before the one that this is about."""
    every = ScriptDirectory.from_config(migrate._config()).walk_revisions()
    return next(str(one.down_revision) for one in every if str(one.doc).startswith("Identity"))


def test_the_migration_goes_down_with_two_holders_and_a_loser(stores: Stores) -> None:
    oldest, younger, loser, winner = samples.user(MAILBOX), samples.user(MAILBOX), samples.user(NUMBER), samples.user()
    assert prove(winner, code_for(winner, address=NUMBER)) == [loser]
    engine().dispose()
    command.downgrade(migrate._config(), before_identity())
    try:
        with engine().connect() as connection:
            rows = connection.execute(text("SELECT id, email FROM users")).all()
            found = {row.id: row.email for row in rows}
    finally:
        engine().dispose()
        migrate.up()
    assert (found[oldest], found[winner]) == (MAILBOX, NUMBER)
    assert found[younger] == f"{younger}@unverified.invalid"
    assert found[loser] == f"{loser}@unverified.invalid"
