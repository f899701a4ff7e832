"""A round of the sweeper: it undoes nothing that somebody does meanwhile, and a step that fails stops no other."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread

import pytest

from models.conversations import conversations
from models.conversations.conversations import AGENT, CLOSED, HUMAN, WAITING
from models.errors import Conflict
from models.store.database import session
from models.store.redis import redis
from tests.models import samples
from tests.models.conversations.test_intake import state
from tests.models.conversations.test_replies import set_
from tests.models.conversations.test_silence import age
from tests.stores import Stores, fresh
from workers import sweep
from workers.conversations import upkeep
from workers.runtime.effects import perform


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


def waiting_too_long() -> str:
    """The id of a conversation that is to be offered the agent again."""
    conversation_id, _ = samples.conversation()
    with session() as db:
        conversations.move(db, conversation_id, WAITING)
    set_(conversation_id, waiting_since=1)
    return conversation_id


def told(conversation_id: str) -> list[str]:
    """The states that were told on the conversation's topic."""
    events = [json.loads(fields["d"]) for _, fields in redis().xrange(f"relay:stream:conversation:{conversation_id}")]
    return [event["conversation"]["state"] for event in events]


@pytest.mark.parametrize("to", [HUMAN, CLOSED])
def test_what_a_person_does_during_a_round_stays_done(stores: Stores, to: str) -> None:
    conversation_id = waiting_too_long()
    sweeper = Thread(target=sweep.sweep)
    with session() as db:
        conversations.move(db, conversation_id, to)
        sweeper.start()
        sweeper.join(1)  # PostgreSQL: until it is at the row, or past it; SQLite: it waits for its turn
    sweeper.join(30)
    assert state(conversation_id).state == to
    assert AGENT not in told(conversation_id)


def test_a_move_that_expects_a_state_refuses_every_other(stores: Stores) -> None:
    conversation_id = waiting_too_long()
    with session() as db:
        conversations.move(db, conversation_id, HUMAN, expected=WAITING)
    with session() as db, pytest.raises(Conflict, match="in the state human"):
        conversations.move(db, conversation_id, AGENT, expected=WAITING)
    assert state(conversation_id).state == HUMAN


def test_two_sweepers_share_the_work_and_neither_fails(stores: Stores, caplog: pytest.LogCaptureFixture) -> None:
    late = [waiting_too_long() for _ in range(10)]
    start = Barrier(2)

    def round_() -> None:
        start.wait()
        perform(upkeep.return_to_agent())

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(round_) for _ in range(2)]:
            done.result()
    sweep.sweep()  # what one of them had to leave to the other, which then came too late
    assert [told(id_) for id_ in late] == [[AGENT]] * 10
    assert {state(id_).state for id_ in late} == {AGENT}
    assert not caplog.records


def test_a_step_that_fails_says_so_in_one_line_and_the_others_go_on(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    waiting, silent = waiting_too_long(), samples.conversation()[0]
    age(silent)
    redis().set("ledger:0", "no list")  # so the heads of the ledger cannot be read
    redis().set(f"relay:meta:conversation:{waiting}", "no hash")  # and nobody can be told about this one
    with caplog.at_level(logging.INFO):
        sweep.sweep()
    assert state(waiting).state == AGENT
    assert state(silent).state == CLOSED
    assert told(silent) == [CLOSED]
    assert redis().exists("revocations-repeated"), "the last step was taken"
    failed = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line.split(" failed: ")[0] for line in failed] == ["sweep: wake_receivers", "sweep: return_to_agent"]
    assert all(line.split(" failed: ")[1] and "\n" not in line for line in failed), failed
