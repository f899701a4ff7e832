"""The program is stopped between every two effects of a message's way; the sweeper sees to it that the way is gone to its
end, and that no effect shows twice."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from models import ledger
from models.conversations import conversations
from models.people import contacts
from models.store.database import session
from models.store.redis import redis
from tests.acceptance import stages, stored
from tests.acceptance.stopping import Line, run, run_until
from tests.stores import Stores, fresh

STAGES = "workers/conversations"
RECEIVE, ANSWER, SWEEP = f"{STAGES}/receive.py", f"{STAGES}/answer.py", f"{STAGES}/upkeep.py"
EFFECTS = "workers/runtime/effects.py"
WAY = {
    "accepted, not woken": ("accept", Line("ingress/conversations/acceptance.py", "if accepted.wake:")),
    "woken, not told": ("accept", Line("ingress/conversations/acceptance.py", "return accepted")),
    "inserted, not committed": ("receive", Line("models/conversations/intake.py", "places.update_all(")),
    "due set, not committed": ("receive", Line("models/conversations/intake.py", "rows=_select_rows(")),
    "committed, not published": ("receive", Line(RECEIVE, "yield Effects(")),
    "published, not woken": ("receive", Line(EFFECTS, "wakes.send(")),
    "woken, not struck": ("receive", Line(RECEIVE, "if not ledger.strike(")),
    "struck": ("receive", Line(RECEIVE, "break")),
    "swept the ledger, not the database": ("sweep", Line(SWEEP, "due = leases.due(")),
    "due moved on, not woken": ("sweep", Line(SWEEP, "yield Effects(wakes=wakes.answers(due))")),
    "leased, agent not asked": ("answer", Line(ANSWER, "outcomes = [_try(")),
    "answered, not recorded": ("answer", Line(ANSWER, "_record(db, outcome)")),
    "reply inserted, message not closed": (
        "answer",
        Line("models/conversations/replies.py", "answered = _close_message("),
    ),
    "reply committed, not published": ("answer", Line(ANSWER, "yield Effects(")),
    "reply published, not released": ("answer", Line(ANSWER, "held = [outcome.work")),
    "looked for more, not committed": ("answer", Line(ANSWER, "works = leases.next_works(")),
    "kept for more, next not begun": ("answer", Line(ANSWER, "while works:", visit=2)),
    "second reply committed, not published": ("answer", Line(ANSWER, "yield Effects(", visit=2)),
    "released": ("answer", Line(ANSWER, "while works:", visit=3)),
}
REPAIRED_WITHIN = 30.0


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    with fresh(request.param, tmp_path) as opened:
        yield opened


class Way:
    """Two messages of one conversation on their way, each stage in a process of its own."""

    def __init__(self) -> None:
        self.contact, self.conversation = str(uuid.uuid4()), str(uuid.uuid4())
        self.messages = [str(uuid.uuid4()) for _ in range(2)]
        with session() as db:
            contacts.ensure_senders(db, {self.contact: ("web", "tests")})
            conversations.open_new(db, self.conversation, self.contact, "web")
        self.url = os.environ["DATABASE_URL"]
        shard = ledger.shard_of(self.conversation)
        accepted = [("accept", (id_, self.conversation, self.contact)) for id_ in self.messages]
        self.calls = [*accepted, ("receive", (shard,)), ("sweep", ()), ("answer", (self.conversation,))]

    def go(self, stage: str, line: Line) -> None:
        """All stages in order up to the one that is killed at the line."""
        for name, arguments in self.calls:
            if name == "sweep":
                if stage != "sweep":
                    continue
                self.make_due()
            call = getattr(stages, name)
            if name == stage:
                return run_until(line, os.environ, call, *arguments)
            run(os.environ, call, *arguments)
        raise AssertionError(stage)

    def make_due(self) -> None:
        """Time passes: what is due later is due, and leases have run out."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE conversation SET due_at = 1 WHERE due_at IS NOT NULL"))
            connection.execute(text("UPDATE conversation SET lease_until = 1 WHERE lease IS NOT NULL"))
        engine.dispose()

    def repair(self) -> None:
        """Sweeps until nothing is left to do."""
        deadline = time.monotonic() + REPAIRED_WITHIN
        while not (ledger.depth() == 0 and stored.answered(self.url, [self.conversation], len(self._accepted()))):
            assert time.monotonic() < deadline, f"not repaired: {stored.undone(self.url, [self.conversation])}"
            self.make_due()
            run(os.environ, stages.repair)

    def _accepted(self) -> list[str]:
        return [id_ for id_ in self.messages if redis().exists(f"idempotent:key of {id_}")]

    def check(self) -> None:
        """Stored once, answered once, published once, in order; nothing pending, leased or due."""
        accepted = {id_: f"What is message {id_}?" for id_ in self._accepted()}
        rows = stored.check_each_once(self.url, {self.conversation: accepted})
        assert ledger.depth() == 0
        stream = redis().xrange(f"relay:stream:conversation:{self.conversation}")
        events = [json.loads(fields["d"]) for _, fields in stream]
        told = Counter((e["type"], e["message"]["id"]) for e in events if "message" in e)
        assert told == Counter(
            [("message.created", row.id) for row in rows] + [("message.updated", m) for m in accepted]
        )
        created = [e["message"]["id"] for e in events if e["type"] == "message.created"]
        place = {id_: n for n, id_ in enumerate(created)}
        for row in rows:
            assert not row.in_reply_to or place[row.in_reply_to] < place[row.id]
        for kind in ("contact", "agent"):
            ours = [row.id for row in rows if row.author_kind == kind]
            assert [id_ for id_ in created if id_ in ours] == ours


@pytest.mark.parametrize("place", WAY)
def test_stopped_and_repaired(place: str, stores: Stores) -> None:
    way = Way()
    way.go(*WAY[place])
    run(os.environ, stages.forget_wakes)
    way.repair()
    way.check()


@pytest.mark.parametrize("place", ["committed, not published", "woken, not struck", "reply committed, not published"])
def test_stopped_twice_and_repaired(place: str, stores: Stores) -> None:
    """The repair is killed at the same place."""
    stage, line = WAY[place]
    way = Way()
    way.go(stage, line)
    run(os.environ, stages.forget_wakes)
    way.make_due()
    _, arguments = next(call for call in way.calls if call[0] == stage)
    if "reply" not in place:
        run_until(line, os.environ, getattr(stages, stage), *arguments)
    else:  # the first reply is stored: the rerun publishes it and is killed behind the second
        run_until(line, os.environ, stages.answer, way.conversation)
    way.repair()
    way.check()
