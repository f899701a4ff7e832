"""Lists of conversations, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from models.conversations import conversations, listings
from models.conversations.conversations import WAITING, conversation
from models.conversations.listings import Filter
from models.people.contacts import contact
from models.store.database import reading, session
from tests.models import samples
from tests.models.conversations.test_intake import state
from tests.stores import Stores


def ids(selection: Filter, before: tuple[int, str] | None = None, limit: int = 100) -> list[str]:
    with reading() as db:
        return [row.id for row in listings.page(db, selection, before, limit)]


def test_pages_follow_each_other_also_when_several_were_created_at_once(stores: Stores) -> None:
    made = [samples.conversation()[0] for _ in range(7)]
    with session() as db:
        db.execute(update(conversation).where(conversation.c.id.in_(made[:5])).values(created_at=5))
    seen: list[str] = []
    before = None
    while page := ids(Filter(), before, 2):
        seen += page
        before = (state(page[-1]).created_at, page[-1])
    assert seen[:2] == made[:4:-1]
    assert seen[2:] == sorted(made[:5], reverse=True)


def test_everybody_has_their_own(stores: Stores) -> None:
    user_id = samples.user()
    visitors, contact_id = samples.conversation()
    taken, same_contact = samples.conversation()
    users = samples.users_conversation(user_id)
    with session() as db:
        db.execute(update(conversation).where(conversation.c.id == taken).values(user_id=user_id))
    assert ids(Filter(contact_id=contact_id)) == [visitors]
    assert ids(Filter(contact_id=same_contact)) == []
    assert ids(Filter(user_id=user_id)) == [users, taken]
    assert ids(Filter()) == [users, taken, visitors]


def test_of_one_state(stores: Stores) -> None:
    first, contact_id = samples.conversation()
    samples.conversation(contact_id)
    with session() as db:
        conversations.move(db, first, WAITING)
    assert ids(Filter(contact_id=contact_id, state=WAITING)) == [first]
    assert ids(Filter(contact_id=contact_id, state="human")) == []


KNOWN: list[dict[str, Any]] = [
    {"name": "Ann 100%"}, {"email": "ann_b@shop.example"}, {"phone": "+49 30 1"}, {"name": "C:\\temp"}, {"name": "Bob/x"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ANN", [0, 1]), ("100%", [0]), ("n_b@", [1]), ("%", [0]), ("_", [1]), ("+49 30", [2]), ("\\", [3]), ("/", [4]),
        ("SHOP.example", [1]), ("nobody", []),
    ],
)  # fmt: skip
def test_words_are_taken_as_they_are_written(stores: Stores, words: str, found: list[int]) -> None:
    made = []
    for known in KNOWN:
        conversation_id, contact_id = samples.conversation()
        made.append(conversation_id)
        blank = {"name": None, "email": None, "phone": None}
        with session() as db:
            db.execute(update(contact).where(contact.c.id == contact_id).values(blank | known))
    assert sorted(ids(Filter(search=words))) == sorted(made[place] for place in found)


def test_words_stand_in_the_subject_or_in_what_is_known_of_the_user(stores: Stores) -> None:
    user_id = samples.user("ann@example.com", full_name="Ann Lee", username="Lou")
    mine = samples.users_conversation(user_id)
    samples.users_conversation(samples.user("bob@example.com"))
    with session() as db:
        db.execute(update(conversation).where(conversation.c.id == mine).values(subject="An Invoice"))
    for words in ("invoice", "ann lee", "LOU", "ann@"):
        assert ids(Filter(search=words)) == [mine]
        assert ids(Filter(user_id=user_id, search=words)) == [mine]
