"""The revision of a conversation rises with every change that clients can see, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Table, select, text

from models.conversations import adoption, conversations, leases, replays, replies, silence, views
from models.conversations.conversations import AGENT, CLOSED, WAITING, conversation
from models.conversations.messages import message
from models.store.database import reading, session
from tests.models import samples
from tests.models.conversations.test_intake import close, receive, state, stored
from tests.models.conversations.test_replies import release, set_, take
from tests.models.conversations.test_silence import age
from tests.stores import Stores


def shown(conversation_id: str) -> dict[str, Any]:
    with reading() as db:
        return views.of_conversation(db, conversations.get(db, conversation_id)).document()


def write(conversation_id: str) -> None:
    receive(samples.accepted(conversation_id, str(state(conversation_id).contact_id), 1))


def answer(conversation_id: str) -> None:
    (work,) = take(conversation_id)
    with session() as db:
        assert replies.record_reply(db, work, "answer", {})
    release(conversation_id)


def give_up(conversation_id: str) -> None:
    (work,) = take(conversation_id)
    with session() as db:
        assert replies.record_failure(db, work, "sorry", "timeout", "slow")
    release(conversation_id)


def read(conversation_id: str) -> None:
    with session() as db:
        assert conversations.mark_read(db, conversation_id, state(conversation_id).last_position)


def move(to: str) -> Callable[[str], None]:
    def moved(conversation_id: str) -> None:
        with session() as db:
            conversations.move(db, conversation_id, to)

    moved.__name__ = f"move_to_{to}"
    return moved


def fall_silent(conversation_id: str) -> None:
    set_(conversation_id, pending=0)
    age(conversation_id)
    with session() as db:
        silence.close(db, [conversation_id])
    assert state(conversation_id).state == CLOSED


def reopen(conversation_id: str) -> None:
    close(conversation_id, hours_ago=1)
    write(conversation_id)
    assert state(conversation_id).state == AGENT


def take_over(conversation_id: str) -> None:
    user_id, contact_id = samples.user(), str(state(conversation_id).contact_id)
    with session() as db:
        assert adoption.take_over(db, conversation_id, contact_id, user_id)


def lose_its_user(conversation_id: str) -> None:
    take_over(conversation_id)
    with session() as db:
        adoption.release_user(db, str(state(conversation_id).user_id))


def go_on_elsewhere(conversation_id: str) -> None:
    close(conversation_id, hours_ago=25)
    write(conversation_id)
    assert state(conversation_id).continued_by


CHANGES = [
    write, answer, give_up, read, move(WAITING), move(CLOSED), fall_silent, reopen, take_over, lose_its_user,
    go_on_elsewhere,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_clients_see_raises_it(stores: Stores, change: Callable[[str], None]) -> None:
    conversation_id, _ = samples.conversation()
    assert shown(conversation_id)["revision"] == 1
    for prepare in (write, answer, write):  # one message is unread, one awaits its answer
        prepare(conversation_id)
    before = shown(conversation_id)
    change(conversation_id)
    after = shown(conversation_id)
    assert after | {"revision": 0} != before | {"revision": 0}
    assert after["revision"] > before["revision"]


def test_every_column_that_clients_see_is_in_the_changes(stores: Stores) -> None:
    """What is changed above and what can never change are all that is shown."""
    never = {"id", "channel", "operator", "subject", "metadata", "created_at", "revision"}
    changed: set[str] = set()
    for change in CHANGES:
        conversation_id, _ = samples.conversation()
        for prepare in (write, answer, write):
            prepare(conversation_id)
        before = shown(conversation_id)
        change(conversation_id)
        changed |= {name for name, value in shown(conversation_id).items() if value != before[name]}
    assert changed - {"revision"} == set(shown(conversation_id)) - never


def test_what_clients_do_not_see_leaves_it(stores: Stores) -> None:
    conversation_id, _ = samples.conversation()
    write(conversation_id)
    before = shown(conversation_id)
    (work,) = take(conversation_id)
    with session() as db:
        assert leases.renew(db, work, 60)
        leases.retry_later(db, work, 0)
    with session() as db:
        leases.due(db, 10)
    assert shown(conversation_id) == before


def test_a_message_s_revision_rises_too(stores: Stores) -> None:
    conversation_id, _ = samples.conversation()
    write(conversation_id)
    give_up(conversation_id)
    with session() as db:
        (letter,) = replays.newest(db, 10)
        replays.replay(db, letter.id)
    assert [(m.status, m.revision) for m in stored(conversation_id)] == [("received", 3), ("answered", 1)]
    give_up(conversation_id)
    read(conversation_id)
    assert [(m.status, m.revision) for m in stored(conversation_id)] == [
        ("failed", 4),
        ("answered", 2),
        ("answered", 2),
    ]


@pytest.mark.parametrize("table", [conversation, message])
def test_the_version_before_this_one_can_still_write(stores: Stores, table: Table) -> None:
    """It names no revision."""
    conversation_id, _ = samples.conversation()
    write(conversation_id)
    other = {"id": "'other'", "position": "position + 1"}
    names = [column.name for column in table.columns if column.name != "revision"]
    values = [other.get(name, name) for name in names]
    with session() as db:
        db.execute(text(f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table.name}"))
        assert db.execute(select(table.c.revision).where(table.c.id == "other")).scalar_one() == 1
