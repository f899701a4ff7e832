"""The trace id in the database: messages of a version that had none are answered as well."""

from __future__ import annotations

from dataclasses import replace

from alembic import command
from sqlalchemy import select

from models.conversations.messages import id_of_reply, message
from models.ledger.inbound import Entry, decoded, encoded
from models.migrations import migrate
from models.store.database import engine, reading
from tests.models import samples
from tests.models.conversations.test_intake import receive
from tests.models.conversations.test_replies import reply, take
from tests.stores import Stores

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def entry(conversation_id: str, contact_id: str, trace_id: str | None) -> Entry:
    (accepted,) = samples.accepted(conversation_id, contact_id, 1)
    return replace(accepted, inbound=replace(accepted.inbound, trace_id=trace_id))


def traces(conversation_id: str) -> dict[str, str | None]:
    with reading() as db:
        rows = db.execute(select(message).where(message.c.conversation_id == conversation_id))
        return {row.id: row.trace_id for row in rows}


def test_an_entry_of_a_version_without_traces_is_read(stores: Stores) -> None:
    old = encoded(samples.inbound("c", "s")).replace(',"trace_id":null', "")
    assert "trace_id" not in old
    assert decoded(f"1 0 {old}").inbound.trace_id is None


def test_the_migration_goes_down_and_up(stores: Stores) -> None:
    conversation_id, contact_id = samples.conversation()
    asked = entry(conversation_id, contact_id, TRACE)
    receive([asked])
    assert traces(conversation_id) == {asked.inbound.id: TRACE}
    engine().dispose()
    command.downgrade(migrate._config(), "0006")
    try:
        with engine().connect() as connection:
            columns = connection.exec_driver_sql("SELECT * FROM message").keys()
    finally:
        engine().dispose()
        migrate.up()
    assert "trace_id" not in columns and "revision" in columns
    assert traces(conversation_id) == {asked.inbound.id: None}
    (work,) = take(conversation_id)
    assert reply(work)
    assert traces(conversation_id) == {asked.inbound.id: None, id_of_reply(asked.inbound.id): None}
