"""A visitor signs in: at whatever moment, nothing that is on its way is lost, on both databases."""

from __future__ import annotations

import threading

from models.conversations import conversations
from models.conversations.adoption import take_over
from models.conversations.conversations import CLOSED, HUMAN, WAITING
from models.store.database import session
from tests.models import samples
from tests.models.conversations.test_intake import close, receive, state, stored
from tests.models.conversations.test_replies import release, reply, take
from tests.stores import Stores


def taken(conversation_id: str, contact_id: str, user_id: str) -> str | None:
    """The id of the conversation that was taken over."""
    with session() as db:
        row = take_over(db, conversation_id, contact_id, user_id)
        return row.id if row else None


def test_the_conversation_is_the_user_s_and_no_longer_the_visitor_s(stores: Stores) -> None:
    user_id = samples.user()
    conversation_id, contact_id = samples.conversation()
    before = state(conversation_id)
    assert conversations.is_owner(before, contact_id)
    assert taken(conversation_id, contact_id, user_id) == conversation_id
    row = state(conversation_id)
    assert (row.user_id, row.contact_id) == (user_id, contact_id)
    assert conversations.is_owner(row, user_id)
    assert not conversations.is_owner(row, contact_id)
    assert row.updated_at > before.updated_at
    assert taken(conversation_id, contact_id, user_id) == conversation_id
    assert state(conversation_id).updated_at == row.updated_at


def test_what_is_another_s_or_closed_is_not_taken(stores: Stores) -> None:
    user_id, other = samples.user(), samples.user()
    mine, contact_id = samples.conversation()
    foreign, stranger = samples.conversation()
    assert taken(foreign, "nobody", user_id) is None
    assert state(foreign).user_id is None
    assert taken(mine, contact_id, other) == mine
    assert taken(mine, contact_id, user_id) is None
    assert state(mine).user_id == other
    close(foreign, hours_ago=1)
    assert taken(foreign, stranger, user_id) is None
    assert state(foreign).user_id is None


def test_a_conversation_that_waits_or_is_a_person_s_is_taken_in_its_state(stores: Stores) -> None:
    user_id = samples.user()
    for to in (WAITING, HUMAN):
        conversation_id, contact_id = samples.conversation()
        with session() as db:
            conversations.move(db, conversation_id, to)
        assert taken(conversation_id, contact_id, user_id) == conversation_id
        assert state(conversation_id).state == to


def test_the_one_that_continues_a_closed_one_is_taken(stores: Stores) -> None:
    user_id = samples.user()
    conversation_id, contact_id = samples.conversation()
    close(conversation_id, hours_ago=25)
    (successor,) = receive(samples.accepted(conversation_id, contact_id, 1)).answerable
    assert taken(conversation_id, contact_id, user_id) == successor
    assert state(conversation_id).state == CLOSED
    assert state(conversation_id).user_id is None


def test_what_the_visitor_sent_before_is_stored_and_answered_after(stores: Stores) -> None:
    user_id = samples.user(full_name="Ann Lee")
    conversation_id, contact_id = samples.conversation()
    sent_before = samples.accepted(conversation_id, contact_id, 1)
    assert taken(conversation_id, contact_id, user_id) == conversation_id
    received = receive(sent_before + samples.accepted(conversation_id, user_id, 1))
    assert (received.refused, received.answerable) == ([], [conversation_id])
    assert [(m.author_kind, m.author_name) for m in stored(conversation_id)] == [
        ("contact", "Ann"),
        ("user", "Ann Lee"),
    ]


def test_a_pending_message_and_a_running_answer_go_on(stores: Stores) -> None:
    user_id = samples.user()
    conversation_id, contact_id = samples.conversation()
    receive(samples.accepted(conversation_id, contact_id, 2))
    (work,) = take(conversation_id)
    assert taken(conversation_id, contact_id, user_id) == conversation_id
    row = state(conversation_id)
    assert (row.lease, row.pending, row.tries) == ("mine", 2, 1)
    assert reply(work)
    assert release(conversation_id) == [conversation_id]
    assert [m.author_kind for m in stored(conversation_id)] == ["contact", "contact", "agent"]


def test_one_of_two_users_takes_it_while_messages_come_in(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    entries = samples.accepted(conversation_id, contact_id, 40)
    contenders = [samples.user() for _ in range(4)]
    won: list[str] = []
    together = threading.Barrier(len(contenders) + 1)

    def sign_in(user_id: str) -> None:
        together.wait()
        if taken(conversation_id, contact_id, user_id):
            won.append(user_id)

    def store() -> None:
        together.wait()
        for first in range(0, 40, 4):
            receive(entries[first : first + 4])

    threads = [threading.Thread(target=sign_in, args=(one,)) for one in contenders] + [threading.Thread(target=store)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [state(conversation_id).user_id]
    assert [m.content for m in stored(conversation_id)] == [f"message {n}" for n in range(40)]
