"""Leases, replies, failures and what is due, on both databases."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select, update

from models import trail
from models.clock import SECOND, microseconds
from models.conversations import conversations, leases, messages, replays, replies
from models.conversations.conversations import HUMAN, conversation
from models.conversations.handoffs import HandOff
from models.conversations.leases import Work
from models.errors import Conflict
from models.store.database import reading, session
from tests.models import samples
from tests.models.conversations.test_intake import receive, state, stored
from tests.stores import Stores


def asked(count: int = 1) -> str:
    conversation_id, contact_id = samples.conversation()
    receive(samples.accepted(conversation_id, contact_id, count))
    return conversation_id


def take(conversation_id: str, lease: str = "mine", seconds: float = 30) -> list[Work]:
    with session() as db:
        return leases.take(db, [conversation_id], lease, seconds, 50)


def reply(work: Work, content: str = "answer", *, hand_off: bool = False) -> bool:
    with session() as db:
        wish = HandOff("agent", "angry") if hand_off else None
        return bool(replies.record_reply(db, work, content, {}, hand_off=wish))


def release(conversation_id: str, lease: str = "mine") -> list[str]:
    with session() as db:
        return leases.release(db, lease, [conversation_id], 30)


def due() -> list[str]:
    with session() as db:
        return leases.due(db, 100)


def set_(conversation_id: str, **values: object) -> None:
    with session() as db:
        db.execute(update(conversation).where(conversation.c.id == conversation_id).values(**values))


def test_one_of_many_takes_the_lease(stores: Stores) -> None:
    conversation_id = asked()
    won: list[Work] = []
    together = threading.Barrier(8)

    def run(name: str) -> None:
        together.wait()
        won.extend(take(conversation_id, name))

    threads = [threading.Thread(target=run, args=(f"worker {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert won[0].try_number == 1


def test_messages_are_answered_one_by_one_in_order_with_their_history(stores: Stores) -> None:
    conversation_id = asked(3)
    (work,) = take(conversation_id)
    answered = []
    while True:
        assert work.message is not None
        answered.append((work.message.content, len(work.history)))
        assert reply(work)
        more = release(conversation_id)
        if not more:
            break
        with session() as db:
            (work,) = leases.next_works(db, more, "mine", 50)
    assert answered == [("message 0", 0), ("message 1", 1), ("message 2", 2)]
    row = state(conversation_id)
    assert (row.pending, row.lease, row.due_at, row.tries) == (0, None, None, 0)
    assert [m.author_kind for m in stored(conversation_id)] == ["contact"] * 3 + ["agent"] * 3
    assert [m.in_reply_to for m in stored(conversation_id)[3:]] == [m.id for m in stored(conversation_id)[:3]]


def test_a_lease_that_ran_out_is_somebody_else_s_and_the_late_reply_is_dropped(stores: Stores) -> None:
    conversation_id = asked()
    (slow,) = take(conversation_id, "slow", seconds=0)
    wait_for_the_next_millisecond()
    (quick,) = take(conversation_id, "quick")
    assert quick.try_number == 2
    assert not reply(slow, "late")
    assert reply(quick, "in time")
    assert [m.content for m in stored(conversation_id) if m.author_kind == "agent"] == ["in time"]
    with session() as db:
        assert not leases.renew(db, slow, 30)
        assert leases.renew(db, quick, 30)


def wait_for_the_next_millisecond() -> None:
    until = microseconds() + 2000
    while microseconds() < until:
        time.sleep(0.001)


def test_a_crash_between_commit_and_publish_is_seen_and_published_again(stores: Stores) -> None:
    conversation_id = asked()
    (work,) = take(conversation_id, seconds=0)
    assert reply(work)
    wait_for_the_next_millisecond()
    assert due() == [conversation_id]
    (again,) = take(conversation_id, "another")
    assert again.message is None
    assert again.try_number == 2
    with reading() as db:
        rows = replies.last_exchange(db, conversation_id)
    assert [row.author_kind for row in rows] == ["agent", "contact"]
    assert release(conversation_id, "another") == []
    assert state(conversation_id).lease is None


def test_a_message_that_comes_while_the_lease_is_held_is_not_left_behind(stores: Stores) -> None:
    conversation_id = asked()
    (work,) = take(conversation_id)
    assert reply(work)
    contact_id = str(state(conversation_id).contact_id)
    receive(samples.accepted(conversation_id, contact_id, 2)[1:])
    assert release(conversation_id) == [conversation_id]


def test_a_person_who_takes_over_makes_the_running_answer_void(stores: Stores) -> None:
    conversation_id = asked(2)
    (work,) = take(conversation_id)
    with session() as db:
        conversations.move(db, conversation_id, HUMAN)
    assert not reply(work)
    with session() as db:
        assert not leases.renew(db, work, 30)
    assert state(conversation_id).pending == 0
    assert due() == []
    with session() as db:
        conversations.move(db, conversation_id, "agent")
    assert take(conversation_id, "later") == []


def test_an_agent_that_hands_off_leaves_nothing_awaiting(stores: Stores) -> None:
    conversation_id = asked(2)
    (work,) = take(conversation_id)
    assert reply(work, hand_off=True)
    assert release(conversation_id) == []
    row = state(conversation_id)
    assert (row.state, row.handoff_by, row.handoff_reason) == ("waiting", "agent", "angry")
    assert not any(m.awaits for m in stored(conversation_id))


def test_a_failed_try_is_due_again_and_not_before(stores: Stores) -> None:
    conversation_id = asked()
    (work,) = take(conversation_id)
    with session() as db:
        leases.retry_later(db, work, 60)
    assert take(conversation_id) == []
    assert due() == []
    set_(conversation_id, retry_at=0, due_at=1)
    assert due() == [conversation_id]
    (again,) = take(conversation_id)
    assert again.try_number == 2


def test_a_given_up_message_has_a_dead_letter_a_notice_and_can_be_asked_again(stores: Stores) -> None:
    conversation_id = asked()
    (work,) = take(conversation_id)
    with session() as db:
        assert replies.record_failure(db, work, "sorry", "timeout", "no answer in 30 s")
    release(conversation_id)
    asked_message, notice = stored(conversation_id)
    assert (asked_message.status, notice.author_kind) == ("failed", "system")
    with reading() as db:
        (letter,) = replays.newest(db, 10)
    assert (letter.kind, letter.reason) == ("timeout", "no answer in 30 s")
    with session() as db:
        assert replays.inbound_of_letter(db, letter.id) is None
        assert replays.replay(db, letter.id) == conversation_id
    with reading() as db, pytest.raises(Conflict):
        replays.inbound_of_letter(db, letter.id)
    assert due() == [conversation_id]
    (again,) = take(conversation_id)
    assert reply(again, "at last")
    assert stored(conversation_id)[0].status == "answered"


def test_the_sweeper_looks_less_and_less_often(stores: Stores) -> None:
    conversation_id = asked()
    pauses = []
    for _ in range(7):
        set_(conversation_id, due_at=1)
        before = microseconds()
        assert due() == [conversation_id]
        pauses.append(round(((state(conversation_id).due_at or 0) - before) / SECOND))
    assert pauses == [15, 30, 60, 120, 240, 300, 300]
    assert due() == []


def test_failures_are_kept_in_order(stores: Stores) -> None:
    with session() as db:
        for number in (1, 2):
            trail.note_failure(db, "m", "answer", number, "timeout", "slow")
    with reading() as db:
        assert [f.try_number for f in trail.failures(db, "m")] == [1, 2]
        assert db.execute(select(messages.message)).all() == []
