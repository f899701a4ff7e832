"""A message to a conversation that was closed long ago goes to its one successor, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

import pytest
from sqlalchemy import select

from models import ledger
from models.conversations import conversations, successors
from models.conversations.conversations import CLOSED, WAITING, conversation
from models.errors import NotFound
from models.ledger.inbound import Entry
from models.store.database import reading, session
from tests.models import samples
from tests.models.conversations.test_intake import close, receive, state, stored
from tests.stores import Stores


def of_contact(contact_id: str) -> list[str]:
    """The ids of all conversations of a contact's, the oldest first."""
    c = conversation.c
    with reading() as db:
        return list(db.execute(select(c.id).where(c.contact_id == contact_id).order_by(c.created_at)).scalars().all())


def long_closed() -> tuple[str, str]:
    """A conversation that was closed more than a day ago, and its contact."""
    conversation_id, contact_id = samples.conversation()
    close(conversation_id, hours_ago=25)
    return conversation_id, contact_id


def at_once(*calls: Callable[[], object]) -> None:
    together = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        together.wait()
        call()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_three_messages_open_one_successor_and_the_closed_one_names_it(stores: Stores) -> None:
    old, contact_id = long_closed()
    for _ in range(3):
        receive(samples.accepted(old, contact_id, 1))
    (first, successor) = of_contact(contact_id)
    assert first == old
    assert [message.conversation_id for message in stored(successor)] == [successor] * 3
    assert (state(old).state, state(old).continued_by) == (CLOSED, successor)
    assert state(old).continued_by == successor
    assert state(successor).continued_by is None
    assert state(successor).pending == 3


def test_two_messages_in_one_batch_open_one_successor(stores: Stores) -> None:
    old, contact_id = long_closed()
    received = receive(samples.accepted(old, contact_id, 2))
    assert (received.continued, received.reopened) == ([old], received.answerable)
    assert len(of_contact(contact_id)) == 2


def test_a_rerun_opens_nothing_and_tells_everything_again(stores: Stores) -> None:
    old, contact_id = long_closed()
    entries = samples.accepted(old, contact_id, 2)
    first = receive(entries)
    told = state(old).updated_at
    again = receive(entries)
    assert again == replace(first, rows=again.rows)
    assert [row.id for row in again.rows] == [row.id for row in first.rows]
    assert state(old).updated_at == told  # so that it is told once
    assert len(of_contact(contact_id)) == 2


def test_a_rerun_of_what_was_stored_before_the_closing_opens_nothing(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    entries = samples.accepted(conversation_id, contact_id, 1)
    receive(entries)
    close(conversation_id, hours_ago=25)
    again = receive(entries)
    assert (again.continued, again.reopened, again.refused) == ([], [], [])
    assert state(conversation_id).state == CLOSED
    assert of_contact(contact_id) == [conversation_id]


def test_every_message_that_passes_is_told_to_those_who_follow_the_old_one(stores: Stores) -> None:
    old, contact_id = long_closed()
    receive(samples.accepted(old, contact_id, 1))
    before = state(old).updated_at
    received = receive(samples.accepted(old, contact_id, 1))
    assert received.continued == [old]
    assert state(old).updated_at > before


def test_a_successor_closed_within_a_day_is_reopened_and_one_closed_long_ago_is_continued(stores: Stores) -> None:
    old, contact_id = long_closed()
    receive(samples.accepted(old, contact_id, 1))
    second = of_contact(contact_id)[1]
    close(second, hours_ago=23)
    receive(samples.accepted(old, contact_id, 1))
    assert (state(second).state, state(second).closed_at) == ("agent", None)
    close(second, hours_ago=25)
    received = receive(samples.accepted(old, contact_id, 1))
    third = of_contact(contact_id)[2]
    assert set(received.continued) == {old, second}
    assert (state(old).continued_by, state(second).continued_by, state(third).state) == (second, third, "agent")
    assert receive(samples.accepted(second, contact_id, 1)).continued == [second]
    assert len(stored(third)) == 2
    assert len(of_contact(contact_id)) == 3


def test_a_long_way_ends_at_the_newest(stores: Stores) -> None:
    old, contact_id = long_closed()
    for _ in range(40):
        (newest,) = receive(samples.accepted(old, contact_id, 1)).answerable
        close(newest, hours_ago=25)
    assert of_contact(contact_id)[1:] == list(islice(successors.ids_after(old), 40))
    with reading() as db:
        way = [one.id for one in successors.chain(db, conversations.get(db, old))]
    assert way == of_contact(contact_id)


def test_one_that_is_continued_is_never_reopened(stores: Stores) -> None:
    """Two machines' clocks may differ about when 24 h are over."""
    old, contact_id = long_closed()
    receive(samples.accepted(old, contact_id, 1))
    close_again(old)
    receive(samples.accepted(old, contact_id, 1))
    assert state(old).state == CLOSED
    assert len(of_contact(contact_id)) == 2


def close_again(conversation_id: str) -> None:
    with session() as db:
        db.execute(
            conversation.update()
            .where(conversation.c.id == conversation_id)
            .values(closed_at=conversation.c.closed_at + 20 * 3600 * 1_000_000)
        )


def test_messages_at_once_by_the_old_and_by_the_new_id_open_one_successor(stores: Stores) -> None:
    old, contact_id = long_closed()
    for _ in range(8):
        ledger.accept(samples.inbound(old, contact_id))
    entries = ledger.entries(ledger.shard_of(old), 100)
    parts: Sequence[list[Entry]] = [entries[:2], entries[:5], entries, entries[3:]]
    at_once(*(lambda part=part: receive(part) for part in parts))
    _, successor = of_contact(contact_id)
    assert len(stored(successor)) == 8
    assert state(successor).pending == 8
    more = [samples.inbound(one, contact_id) for one in (old, successor) * 10]
    sent = [Entry(10**18 + number, 0, inbound) for number, inbound in enumerate(more)]
    at_once(*(lambda part=part: receive(part) for part in (sent[::2], sent[1::2], sent)))
    assert len(of_contact(contact_id)) == 2
    assert len(stored(successor)) == 28


def test_a_successor_that_comes_first_by_id_is_locked_first(stores: Stores) -> None:
    """Also by a receiver that hears of it only once it has locked its predecessor."""
    for _ in range(5):
        old, contact_id = long_closed()
        while successors.id_of_successor(old) > old:
            old, contact_id = long_closed()
        entries = [Entry(n, 0, samples.inbound(old, contact_id)) for n in range(16)]
        at_once(*(lambda part=entries[at::4]: [receive([entry]) for entry in part] for at in range(4)))
        assert len(stored(successors.id_of_successor(old))) == 16


def test_receivers_of_many_old_ones_do_not_wait_for_each_other_in_a_circle(stores: Stores) -> None:
    """Each is locked with its successor, by id."""
    olds = [long_closed() for _ in range(6)]
    for old, contact_id in olds:
        receive(samples.accepted(old, contact_id, 1))
    for turn in range(5):
        ways = []
        for step in (1, -1):
            ids = [(old, who) if step > 0 else (successors.id_of_successor(old), who) for old, who in olds[::step]]
            ways.append([Entry(turn * 100 + n, 0, samples.inbound(id_, who)) for n, (id_, who) in enumerate(ids)])
        at_once(*(lambda way=way: receive(way) for way in ways))
    assert [len(stored(successors.id_of_successor(old))) for old, _ in olds] == [11] * 6


def test_a_stranger_s_message_neither_reopens_nor_continues(stores: Stores) -> None:
    old, contact_id = long_closed()
    recent, other = samples.conversation()
    close(recent, hours_ago=1)
    foreign = [Entry(n, 0, samples.inbound(id_, "stranger")) for n, id_ in enumerate((old, recent), 1)]
    assert len(receive(foreign).refused) == 2
    assert (of_contact(contact_id), of_contact(other)) == ([old], [recent])
    assert state(recent).state == CLOSED


def test_a_successor_that_waits_for_a_person_awaits_no_reply(stores: Stores) -> None:
    old, contact_id = long_closed()
    (successor,) = receive(samples.accepted(old, contact_id, 1)).answerable
    with session() as db:
        conversations.move(db, successor, WAITING)
    assert receive(samples.accepted(old, contact_id, 1)).answerable == []
    assert [message.awaits for message in stored(successor)] == [False, False]


def test_a_parent_in_the_same_batch_goes_along(stores: Stores) -> None:
    old, contact_id = long_closed()
    first = samples.inbound(old, contact_id)
    second = replace(samples.inbound(old, contact_id), parent_id=first.id)
    receive([Entry(1, 0, first), Entry(2, 0, second)])
    assert [m.parent_id for m in stored(successors.id_of_successor(old))] == [None, first.id]


def test_a_message_is_found_by_every_conversation_that_it_passed(stores: Stores) -> None:
    old, contact_id = long_closed()
    (entry,) = samples.accepted(old, contact_id, 1)
    (successor,) = receive([entry]).answerable
    other, _ = samples.conversation()
    with reading() as db:
        for one in (old, successor):
            assert successors.get_message(db, one, entry.inbound.id).conversation_id == successor
    with pytest.raises(NotFound), reading() as db:
        successors.get_message(db, other, entry.inbound.id)


def test_the_way_of_successors_is_computed_and_bounded() -> None:
    ids = list(islice(successors.ids_after("old"), 100))
    assert len(set(ids)) == 100
    assert successors.continues(ids[0], "old")
    assert successors.continues(ids[successors.LONGEST - 1], "old")
    assert not successors.continues(ids[successors.LONGEST], "old")
    assert not successors.continues("old", "old")
    assert not successors.continues("old", ids[0])
