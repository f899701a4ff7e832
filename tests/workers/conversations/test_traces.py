"""What `receive` logs of an entry that becomes a dead letter tells its trace; and the dead letter keeps it for a replay."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models import ledger
from models.conversations import replays
from models.ledger.inbound import Inbound
from models.logs import context, lines
from models.store.database import reading
from models.trail import dead_letter
from tests.models import samples
from tests.stores import Stores, environment, fresh
from workers.conversations import receive

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER = "c0ffee00c0ffee00c0ffee00c0ffee00"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with fresh("sqlite", tmp_path) as opened, environment(LOG_FORMAT="json"):
        yield opened


@pytest.fixture
def log(stores: Stores) -> Iterator[io.StringIO]:
    """The lines of workers as JSON, as their processes write them."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(lines.formatter())
    logging.getLogger("workers").addHandler(handler)
    context.end()
    yield written
    logging.getLogger("workers").removeHandler(handler)


def accept(inbound: Inbound, trace_id: str) -> Inbound:
    traced = replace(inbound, trace_id=trace_id)
    ledger.accept(traced)
    receive.receive(ledger.shard_of(traced.order_key))
    return traced


def read(log: io.StringIO) -> list[tuple[Any, ...]]:
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    return [(line["level"], line.get("trace_id"), line.get("message_id"), line["event"]) for line in told]


def letter_of(message_id: str) -> str:
    with reading() as db:
        return str(db.execute(select(dead_letter.c.id).where(dead_letter.c.message_id == message_id)).scalar_one())


def test_a_message_for_nobody(log: io.StringIO) -> None:
    conversation_id, _ = samples.conversation()
    refused = accept(samples.inbound(conversation_id, "a stranger", "secret words"), TRACE)
    (line,) = read(log)
    assert line == ("warning", TRACE, refused.id, f"message {refused.id} is refused and kept as a dead letter")
    with reading() as db:
        kept = replays.inbound_of_letter(db, letter_of(refused.id))
    assert kept is not None and kept.trace_id == TRACE


def test_one_that_the_database_refuses_among_others(log: io.StringIO) -> None:
    conversation_id, contact_id = samples.conversation()
    good, bad = (samples.inbound(conversation_id, contact_id) for _ in range(2))
    bad = replace(bad, content="half a \ud800", trace_id=TRACE)
    ledger.accept(bad)
    accept(good, OTHER)
    assert [line[:3] for line in read(log)] == [("warning", None, None), ("warning", TRACE, bad.id)]
    assert letter_of(bad.id)
