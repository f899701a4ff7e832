"""What is kept of a hand-off, on both databases."""

from __future__ import annotations

import pytest

from models.conversations import conversations
from models.conversations.conversations import AGENT, CLOSED, HUMAN, WAITING
from models.conversations.handoffs import REASON_MAX, HandOff
from models.store.database import session
from tests.models import samples
from tests.models.conversations.test_intake import state
from tests.stores import Stores


def moved(conversation_id: str, to: str, hand_off: HandOff | None = None) -> tuple[str | None, str | None]:
    with session() as db:
        conversations.move(db, conversation_id, to, hand_off)
    row = state(conversation_id)
    return row.handoff_by, row.handoff_reason


@pytest.mark.parametrize(
    ("said", "kept"),
    [("  angry \n", "angry"), ("x" * 600, "x" * REASON_MAX), ("a\0b\ud800", "a\ufffdb\ufffd"), ("\u200b", None)],
)
def test_a_model_s_reason_is_cut_and_mended(stores: Stores, said: str, kept: str | None) -> None:
    conversation_id, _ = samples.conversation()
    assert moved(conversation_id, WAITING, HandOff("agent", said)) == ("agent", kept)


def test_it_is_kept_as_long_as_a_person_is_wanted_or_there(stores: Stores) -> None:
    conversation_id, _ = samples.conversation()
    assert moved(conversation_id, WAITING, HandOff("system", "no model answers")) == ("system", "no model answers")
    for to in (HUMAN, WAITING, HUMAN):
        assert moved(conversation_id, to) == ("system", "no model answers")
    assert moved(conversation_id, AGENT) == (None, None)
    assert moved(conversation_id, WAITING, HandOff("contact")) == ("contact", None)
    assert moved(conversation_id, CLOSED) == (None, None)


def test_its_text_does_not_show_it() -> None:
    assert "angry" not in repr(HandOff("agent", "angry"))
