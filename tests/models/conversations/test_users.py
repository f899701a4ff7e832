"""Conversations of users: who writes in them, how many there may be, and what a deleted user leaves, on both databases."""

from __future__ import annotations

import threading
import uuid

import pytest
from sqlalchemy import func, select, update

from models import trail
from models.accounts import revocation_recovery, revocations
from models.clock import SECOND, microseconds
from models.conversations import adoption, conversations, messages, quota
from models.conversations.conversations import CLOSED, conversation
from models.errors import Conflict, NotFound
from models.people import users
from models.store.database import reading, session
from models.trail import tool_calls
from tests.models import samples
from tests.models.conversations.test_intake import close, receive, state, stored
from tests.stores import Stores


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"full_name": "Ann Lee", "username": "ann"}, "Ann Lee"),
        ({"full_name": "", "username": "ann"}, "ann"),
        ({}, None),
    ],
)
def test_a_user_s_message_has_the_user_s_name_and_never_the_address(
    stores: Stores, said: dict[str, str], name: str | None
) -> None:
    user_id = samples.user("ann@example.com", **said)
    conversation_id = samples.users_conversation(user_id)
    received = receive(samples.accepted(conversation_id, user_id, 1))
    assert received.answerable == [conversation_id]
    (message,) = stored(conversation_id)
    assert (message.author_kind, message.author_name) == ("user", name)


def test_another_user_s_message_is_refused(stores: Stores) -> None:
    owner, other = samples.user(), samples.user()
    conversation_id = samples.users_conversation(owner)
    received = receive(samples.accepted(conversation_id, other, 1))
    assert len(received.refused) == 1
    assert stored(conversation_id) == []


def test_a_message_long_after_the_closing_opens_one_of_the_same_user_s(stores: Stores) -> None:
    user_id = samples.user()
    conversation_id = samples.users_conversation(user_id)
    close(conversation_id, hours_ago=25)
    for _ in range(3):
        samples.users_conversation(user_id)
    received = receive(samples.accepted(conversation_id, user_id, 1))
    (successor,) = received.answerable
    assert successor != conversation_id
    assert (state(successor).user_id, state(successor).contact_id) == (user_id, None)
    assert received.reopened == [successor]
    assert [m.author_kind for m in stored(successor)] == ["user"]


def open_ones(user_id: str) -> int:
    c = conversation.c
    with reading() as db:
        return db.execute(select(func.count()).where(c.user_id == user_id, c.state != CLOSED)).scalar_one()


def test_the_fourth_open_conversation_is_refused_and_a_closed_one_makes_room(stores: Stores) -> None:
    user_id, other = samples.user(), samples.user()
    first, *_ = [samples.users_conversation(user_id) for _ in range(3)]
    with pytest.raises(Conflict):
        samples.users_conversation(user_id)
    samples.users_conversation(other)
    close(first, hours_ago=1)
    samples.users_conversation(user_id)
    receive(samples.accepted(first, user_id, 1))
    assert state(first).state == "agent"
    assert open_ones(user_id) == 4
    with pytest.raises(NotFound):
        samples.users_conversation(str(uuid.uuid4()))


def test_a_rerun_gives_the_same_conversation_also_when_no_more_may_be_opened(stores: Stores) -> None:
    user_id = samples.user()
    first, *_ = [samples.users_conversation(user_id) for _ in range(3)]
    with session() as db:
        row, deleted = quota.open_for_user(db, first, user_id, "web", {})
        assert (row.id, deleted) == (first, ())


def test_many_at_once_open_three(stores: Stores) -> None:
    user_id = samples.user()
    samples.users_conversation(user_id)
    together = threading.Barrier(6)
    refused: list[Conflict] = []

    def run() -> None:
        together.wait()
        try:
            samples.users_conversation(user_id)
        except Conflict as error:
            refused.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (open_ones(user_id), len(refused)) == (3, 4)


def many(user_id: str, count: int, state: str) -> list[str]:
    """So many conversations in this state, the oldest first, with a message and what can belong to one."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    now = microseconds() - 1000 * SECOND
    with session() as db:
        for place, id_ in enumerate(ids):
            conversations.open_new(db, id_, None, "web", user_id=user_id)
            row = update(conversation).where(conversation.c.id == id_)
            db.execute(row.values(state=state, created_at=now + place, closed_at=now if state == CLOSED else None))
    return ids


def fill(conversation_id: str, user_id: str) -> str:
    """A message with all that can belong to it; its id."""
    (entry,) = samples.accepted(conversation_id, user_id, 1)
    receive([entry])
    id_ = entry.inbound.id
    with session() as db:
        tool_calls.record(db, id_, 1, "tool", {}, {})
        trail.note_failure(db, id_, "answer", 1, "timeout", "slow")
        trail.add_dead_letter(db, "answer", id_, conversation_id, "timeout", "slow")
    return id_


def rows(message_id: str) -> list[int]:
    """How many rows belong to a message, table by table."""
    tables = (messages.message, tool_calls.tool_call, trail.failure, trail.dead_letter)
    columns = (messages.message.c.id, *(table.c.message_id for table in tables[1:]))
    with reading() as db:
        return [db.execute(select(func.count()).where(column == message_id)).scalar_one() for column in columns]


def there(ids: list[str]) -> list[str]:
    with reading() as db:
        found = set(db.execute(select(conversation.c.id).where(conversation.c.id.in_(ids))).scalars())
    return [id_ for id_ in ids if id_ in found]


def test_the_last_fifty_are_kept_and_older_closed_ones_go_with_all_they_have(stores: Stores) -> None:
    user_id, other = samples.user(), samples.user()
    (waiting,) = many(user_id, 1, "waiting")
    old = many(user_id, 52, "agent")
    anothers = many(other, 3, CLOSED)
    gone, kept = fill(old[0], user_id), fill(old[-1], user_id)
    for id_ in old:
        close(id_, hours_ago=1)
    assert rows(gone) == rows(kept) == [1, 1, 1, 1]
    with session() as db:
        row, deleted = quota.open_for_user(db, str(uuid.uuid4()), user_id, "web", {})
        made = row.id
    assert set(deleted) == set(old[:3])
    assert there([waiting, *old, made]) == [waiting, *old[3:], made]
    assert (rows(gone), rows(kept)) == ([0, 0, 0, 0], [1, 1, 1, 1])
    assert there(anothers) == anothers


def test_a_deleted_user_s_conversations_are_nobody_s_and_name_nobody(stores: Stores) -> None:
    user_id, other = samples.user(full_name="Ann Lee"), samples.user(full_name="Bob")
    mine, theirs = samples.users_conversation(user_id), samples.users_conversation(other)
    begun, contact_id = samples.conversation()
    receive(samples.accepted(begun, contact_id, 1))
    with session() as db:
        db.execute(update(conversation).where(conversation.c.id == begun).values(user_id=user_id))
    receive(samples.accepted(mine, user_id, 1))
    receive(samples.accepted(theirs, other, 1))
    with session() as db:
        adoption.release_user(db, user_id)
        adoption.release_user(db, user_id)
        db.delete(users.get(db, user_id))
    assert {state(id_).user_id for id_ in (mine, begun)} == {None}
    assert state(mine).contact_id not in {None, contact_id}
    assert state(begun).contact_id not in {None, contact_id}
    assert [m.author_name for id_ in (mine, begun) for m in stored(id_)] == [None, None]
    assert [m.author_name for m in stored(theirs)] == ["Bob"]
    assert state(theirs).user_id == other


def test_the_token_of_the_visitor_that_a_deleted_user_was_stays_void(stores: Stores) -> None:
    user_id = samples.user()
    begun, contact_id = samples.conversation()
    _, another = samples.conversation()
    with session() as db:
        db.execute(update(conversation).where(conversation.c.id == begun).values(user_id=user_id))
        adoption.release_user(db, user_id)
    with reading() as db:
        assert revocations.standing_of_contact(db, contact_id).revoked
        assert not revocations.standing_of_contact(db, another).revoked
        assert list(revocation_recovery.all_revoked(db).contacts) == [contact_id]
