"""Dead letters are read by whichever version comes later, on both databases."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

import pytest

from models import trail
from models.conversations import replays
from models.errors import Conflict
from models.ledger.inbound import DAMAGED, Inbound, encoded
from models.store.database import reading, session
from tests.models import samples
from tests.stores import Stores

INBOUND = Inbound("web", "hello", "m", "c", "c", "s", parent_id="p", metadata={"page": "/x"})
REQUIRED = {name: value for name, value in asdict(INBOUND).items() if name in {"id", "conversation_id", "sender"}}
SHORT = REQUIRED | {"channel": "web", "content": "hello"}


def buried(document: Any) -> str:
    """The id of a dead letter that holds this."""
    with session() as db:
        trail.add_dead_letter(db, "receive", str(uuid.uuid4()), "c", "cannot_be_stored", "why", document)
    with reading() as db:
        return replays.newest(db, 1)[0].id


def read(letter_id: str) -> Inbound | None:
    with reading() as db:
        return replays.inbound_of_letter(db, letter_id)


@pytest.mark.parametrize(
    ("document", "inbound"),
    [
        (asdict(INBOUND), INBOUND),
        (asdict(INBOUND) | {"shape": 2, "mood": "good"}, INBOUND),  # a newer version's
        (SHORT, Inbound("web", "hello", "m", "c", "c", "s")),  # an older version's
        ({"channel": DAMAGED, "content": f"7 0 {encoded(INBOUND)}"} | dict.fromkeys(REQUIRED, ""), INBOUND),
    ],
)
def test_fields_too_many_are_left_out_and_missing_ones_get_defaults(
    stores: Stores, document: Any, inbound: Inbound
) -> None:
    assert read(buried(document)) == inbound


@pytest.mark.parametrize(
    "document",
    [
        {}, [], "text", 5, {"id": 5}, REQUIRED, SHORT | {"content": None}, SHORT | {"metadata": []},
        SHORT | {"parent_id": 7}, {"channel": DAMAGED, "content": "7 0 {"} | dict.fromkeys(REQUIRED, ""),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_said(stores: Stores, document: Any) -> None:
    letter_id = buried(document)
    with pytest.raises(Conflict) as raised:
        read(letter_id)
    assert raised.value.detail == replays.UNREADABLE
    with reading() as db:
        assert [letter.id for letter in replays.newest(db, 9)] == [letter_id]


def test_whatever_is_accepted_can_be_read_again(stores: Stores) -> None:
    inbound = samples.inbound("c", "s")
    assert read(buried(asdict(inbound))) == inbound
