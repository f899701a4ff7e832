"""From the ledger into the database, on both databases."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace

from sqlalchemy import select, update

from models import ledger, trail
from models.clock import SECOND, microseconds
from models.conversations import conversations, intake, messages, replays, views
from models.conversations.conversations import CLOSED, WAITING, conversation
from models.ledger.inbound import Entry, Inbound
from models.people import contacts
from models.store.database import reading, session
from tests.models import samples
from tests.stores import Stores


def receive(entries: list[Entry]) -> intake.Received:
    with session() as db:
        return intake.receive(db, entries)


def stored(conversation_id: str) -> list[messages.Message]:
    with reading() as db:
        return messages.page(db, conversation_id, 0, 1000)


def state(conversation_id: str) -> conversations.Conversation:
    with reading() as db:
        return conversations.get(db, conversation_id)


def test_messages_are_numbered_in_the_order_of_their_sequence(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    received = receive(samples.accepted(conversation_id, contact_id, 5))
    assert [m.content for m in stored(conversation_id)] == [f"message {n}" for n in range(5)]
    assert [m.position for m in stored(conversation_id)] == [1, 2, 3, 4, 5]
    assert received.answerable == [conversation_id]
    assert state(conversation_id).pending == 5
    assert {m.author_name for m in stored(conversation_id)} == {"Ann"}


def test_a_rerun_stores_nothing_twice_and_tells_everything_again(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    entries = samples.accepted(conversation_id, contact_id, 3)
    first, again = receive(entries), receive(entries)
    assert [row.id for row in again.rows] == [row.id for row in first.rows]
    assert again.answerable == [conversation_id]
    assert state(conversation_id).pending == 3


def test_two_receivers_of_one_shard_store_each_message_once_and_in_order(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    entries = samples.accepted(conversation_id, contact_id, 60)
    parts = [entries[:20], entries[:40], entries[:60], entries[:60]]
    together = threading.Barrier(len(parts))

    def run(part: list[Entry]) -> None:
        together.wait()
        receive(part)

    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [m.content for m in stored(conversation_id)] == [f"message {n}" for n in range(60)]
    assert state(conversation_id).pending == 60


def test_a_stranger_s_message_becomes_a_dead_letter_alone(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    good = samples.accepted(conversation_id, contact_id, 2)
    foreign = replace(good[0], inbound=replace(good[0].inbound, id=str(uuid.uuid4()), sender="stranger"))
    nowhere = replace(good[0], inbound=replace(good[0].inbound, id=str(uuid.uuid4()), conversation_id="nowhere"))
    received = receive([good[0], foreign, nowhere, good[1]])
    assert set(received.refused) == {foreign.inbound.id, nowhere.inbound.id}
    assert len(stored(conversation_id)) == 2
    with reading() as db:
        letters = list(db.execute(select(trail.DeadLetter)).scalars())
    assert {(x.stage, x.kind) for x in letters} == {("receive", "unknown_conversation")}
    assert {x.envelope["id"] for x in letters if x.envelope} == set(received.refused)


def test_nothing_awaits_a_reply_while_a_person_is_asked_for(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    with session() as db:
        conversations.move(db, conversation_id, WAITING)
    received = receive(samples.accepted(conversation_id, contact_id, 1))
    assert received.answerable == []
    assert not stored(conversation_id)[0].awaits


def close(conversation_id: str, hours_ago: int) -> None:
    with session() as db:
        conversations.move(db, conversation_id, CLOSED)
        closed_at = microseconds() - hours_ago * 3600 * SECOND
        db.execute(update(conversation).where(conversation.c.id == conversation_id).values(closed_at=closed_at))


def test_a_message_within_a_day_reopens(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    close(conversation_id, hours_ago=23)
    receive(samples.accepted(conversation_id, contact_id, 1))
    assert state(conversation_id).state == "agent"
    assert state(conversation_id).closed_at is None


def test_a_later_message_opens_a_new_conversation_of_the_same_contact(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    close(conversation_id, hours_ago=25)
    entries = samples.accepted(conversation_id, contact_id, 2)
    received = receive(entries)
    assert receive(entries).answerable == received.answerable
    assert state(conversation_id).state == "closed"
    (successor,) = received.answerable
    assert successor != conversation_id
    assert state(successor).contact_id == contact_id
    assert len(stored(successor)) == 2


def by_webhook(sender: str, conversation_id: str) -> Inbound:
    return Inbound(
        id=str(uuid.uuid4()),
        order_key=conversation_id,
        conversation_id=conversation_id,
        sender=contacts.id_of_sender("webhook:shop", sender),
        address=sender,
        channel="webhook:shop",
        content="hi",
    )


def test_a_channel_s_message_makes_its_sender_and_joins_the_open_conversation(stores: Stores) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    received = receive([Entry(1, 0, by_webhook("bob", first)), Entry(2, 0, by_webhook("bob", first))])
    assert received.answerable == [first]
    assert receive([Entry(3, 0, by_webhook("bob", second))]).rows[0].conversation_id == first
    assert receive([Entry(4, 0, by_webhook("eve", second))]).rows[0].conversation_id == second


def test_a_parent_counts_only_within_the_conversation(stores: Stores) -> None:
    here, contact_id = samples.conversation()
    elsewhere, other = samples.conversation()
    foreign = receive(samples.accepted(elsewhere, other, 1)).rows[0].id
    own = receive(samples.accepted(here, contact_id, 1)).rows[0].id
    for parent in (foreign, own):
        sent = replace(samples.inbound(here, contact_id), parent_id=parent)
        ledger.accept(sent)
        entry = ledger.find(here, sent.id)
        assert entry is not None
        receive([entry])
    assert [m.parent_id for m in stored(here)] == [None, None, own]


def test_a_blank_message_is_stored_and_never_answered(stores: Stores) -> None:
    """From a channel, whose sender hears of no refusal; or from an ingress that still accepted it."""
    contact_id = contacts.id_of_sender("webhook:shop", "ann")
    blank = replace(by_webhook("ann", str(uuid.uuid4())), content=" \u200b")
    ledger.accept(blank)
    received = receive(ledger.entries(ledger.shard_of(blank.order_key), 10))
    (message,) = stored(blank.conversation_id)
    assert (message.content, message.status, message.awaits) == (" \u200b", "received", False)
    assert (received.answerable, state(blank.conversation_id).pending) == ([], 0)
    receive(samples.accepted(blank.conversation_id, contact_id, 1))
    assert [m.awaits for m in stored(blank.conversation_id)] == [False, True]
    assert state(blank.conversation_id).pending == 1


def test_our_own_side_writes_by_name_and_asks_for_no_reply(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    (entry,) = samples.accepted(conversation_id, contact_id, 1)
    ours = replace(entry.inbound, id=str(uuid.uuid4()), sender="olga", author_kind="operator", author_name="Olga")
    receive([replace(entry, inbound=ours)])
    (written,) = stored(conversation_id)
    assert (written.author_kind, written.author_name, written.awaits) == ("operator", "Olga", False)
    assert state(conversation_id).pending == 0


def test_a_kind_that_is_not_known_is_kept_as_a_dead_letter_and_what_follows_is_stored(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    first, second, third = samples.accepted(conversation_id, contact_id, 3)
    newer = replace(second, inbound=replace(second.inbound, kind="dance"))
    received = receive([first, newer, third])
    assert received.refused == [second.inbound.id]
    assert [message.id for message in stored(conversation_id)] == [first.inbound.id, third.inbound.id]
    with reading() as db:
        assert [letter.kind for letter in replays.newest(db, 9)] == ["unknown_kind"]


def test_a_route_is_kept_and_never_shown(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    (entry,) = samples.accepted(conversation_id, contact_id, 1)
    received = receive([replace(entry, inbound=replace(entry.inbound, route={"secret": "way back"}))])
    (row,) = received.rows
    assert row.route == {"secret": "way back"}
    assert "way back" not in str(views.of_message(row))
    assert "way back" not in repr(entry.inbound)
