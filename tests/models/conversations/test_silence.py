"""A day of silence closes a conversation that is the agent's, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text, update

from models.clock import SECOND, microseconds
from models.conversations import conversations, leases, silence
from models.conversations.conversations import CLOSED, HUMAN, WAITING, conversation
from models.store.database import engine, reading, session
from tests.models import samples
from tests.models.conversations.test_intake import receive, state
from tests.models.conversations.test_replies import due, release, reply, set_, take
from tests.stores import Stores

DAY = 24 * 3600 * SECOND


def age(conversation_id: str, microseconds_: int = DAY + SECOND) -> None:
    """Lets time pass for a conversation."""
    c = conversation.c
    with session() as db:
        db.execute(update(conversation).where(c.id == conversation_id).values(updated_at=c.updated_at - microseconds_))


def closed() -> list[str]:
    """One round of the sweeper; the ids of what is to be told."""
    with reading() as db:
        silent = silence.silent_ids(db, 100)
    with session() as db:
        silence.close(db, silent)
    with reading() as db:
        return [row.id for row in silence.unannounced(db, 100)]


def test_a_day_of_silence_closes_and_is_told_until_it_has_been_told(stores: Stores) -> None:
    conversation_id, _ = samples.conversation()
    age(conversation_id, DAY - 60 * SECOND)
    assert closed() == []
    age(conversation_id, 61 * SECOND)
    assert closed() == closed() == [conversation_id]
    row = state(conversation_id)
    assert row.state == CLOSED
    assert row.closed_at == row.updated_at
    assert microseconds() - row.updated_at < 60 * SECOND
    assert due() == []
    with session() as db:
        silence.note_announced(db, [conversation_id])
    assert closed() == []


@pytest.mark.parametrize("to", [WAITING, HUMAN])
def test_who_waits_for_a_person_or_has_one_is_never_closed(stores: Stores, to: str) -> None:
    conversation_id, _ = samples.conversation()
    with session() as db:
        conversations.move(db, conversation_id, to)
    age(conversation_id, 30 * DAY)
    assert closed() == []
    assert state(conversation_id).state == to


def test_what_is_pending_or_leased_is_not_closed(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    receive(samples.accepted(conversation_id, contact_id, 1))
    age(conversation_id)
    assert closed() == []
    (work,) = take(conversation_id)
    assert reply(work)
    age(conversation_id)
    assert closed() == []
    release(conversation_id)
    assert closed() == [conversation_id]


def test_a_message_and_a_reply_end_the_silence(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    age(conversation_id)
    receive(samples.accepted(conversation_id, contact_id, 1))
    assert microseconds() - state(conversation_id).updated_at < 60 * SECOND
    age(conversation_id)
    (work,) = take(conversation_id)
    assert reply(work)
    release(conversation_id)
    assert closed() == []


def test_one_that_was_written_to_between_the_look_and_the_closing_stays_open(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    age(conversation_id)
    with reading() as db:
        silent = silence.silent_ids(db, 100)
    receive(samples.accepted(conversation_id, contact_id, 1))
    with session() as db:
        silence.close(db, silent)
    assert silent == [conversation_id]
    assert state(conversation_id).state == "agent"


def test_a_message_reopens_it_and_then_there_is_nothing_to_tell(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    age(conversation_id)
    assert closed() == [conversation_id]
    receive(samples.accepted(conversation_id, contact_id, 1))
    with session() as db:
        silence.note_announced(db, [conversation_id])
    assert state(conversation_id).state == "agent"
    set_(conversation_id, due_at=1)
    with session() as db:
        assert leases.due(db, 10) == [conversation_id]
    assert closed() == []


def test_the_look_uses_its_index(stores: Stores) -> None:
    said: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        said.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", note)
    with reading() as db:
        silence.silent_ids(db, 100)
    event.remove(engine(), "before_cursor_execute", note)
    statement, parameters = said[-1]
    explain = "EXPLAIN QUERY PLAN " if stores.kind == "sqlite" else "EXPLAIN "
    with engine().connect() as connection:
        if stores.kind == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))
        plan = str(connection.exec_driver_sql(explain + statement, parameters).all())
    assert "conversation_silence" in plan
