"""What is a valid traceparent (W3C Trace Context), and which lines tell of which message."""

from __future__ import annotations

import re
import threading

import pytest
from structlog.contextvars import get_contextvars

from models.ledger.inbound import Inbound
from models.logs import context

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{PARENT}-01"
INVALID = {
    "none": "",
    "no version": f"{TRACE}-{PARENT}-01",
    "the version ff": f"ff-{TRACE}-{PARENT}-01",
    "no trace": f"00-{'0' * 32}-{PARENT}-01",
    "no parent": f"00-{TRACE}-{'0' * 16}-01",
    "capitals": GOOD.upper(),
    "no hexadecimal digit": f"00-{TRACE[:-1]}g-{PARENT}-01",
    "other digits": f"00-{TRACE[:-1]}４-{PARENT}-01",
    "too short": f"00-{TRACE[:-1]}-{PARENT}-01",
    "more behind version 00": f"{GOOD}-more",
    "no dash before what is more": f"01{GOOD[2:]}more",
    "two headers": f"{GOOD},{GOOD}",
    "a second line": f"{GOOD}\n",
}


@pytest.mark.parametrize("header", [GOOD, f"00-{TRACE}-{PARENT}-ff", f"cc{GOOD[2:]}", f"01{GOOD[2:]}-what-comes"])
def test_a_valid_traceparent(header: str) -> None:
    assert context.trace_id_of(header) == TRACE


@pytest.mark.parametrize("header", INVALID.values(), ids=INVALID)
def test_an_invalid_traceparent(header: str) -> None:
    assert context.trace_id_of(header) is None


def test_new_ones_are_valid_and_each_is_another() -> None:
    made = {context.new_trace_id() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made)


def _message(trace_id: str | None, name: str = "m") -> Inbound:
    return Inbound("web", "secret words", id=name, conversation_id="c", trace_id=trace_id)


def test_lines_tell_of_the_message_at_hand_and_never_what_it_says() -> None:
    context.begin(TRACE, task="receive")
    with context.about(_message("1" * 32)):
        told = {"task": "receive", "trace_id": "1" * 32, "message_id": "m", "conversation_id": "c", "channel": "web"}
        assert get_contextvars() == told
        with context.about(None):
            assert get_contextvars() == told
    assert get_contextvars() == {"task": "receive", "trace_id": TRACE}
    with context.about(_message(None)):
        assert context.trace_id() == TRACE
    context.end()
    assert (get_contextvars(), context.trace_id()) == ({}, None)


def test_after_an_error_they_still_do_until_something_else_begins() -> None:
    context.begin()
    with pytest.raises(ZeroDivisionError), context.about(_message(TRACE)):
        raise ZeroDivisionError
    assert get_contextvars()["message_id"] == "m"
    context.begin("2" * 32)
    assert get_contextvars() == {"trace_id": "2" * 32}
    context.end()


def test_a_thread_begins_without_one() -> None:
    context.begin(TRACE)
    found: list[str | None] = []
    thread = threading.Thread(target=lambda: found.append(context.trace_id()))
    thread.start()
    thread.join()
    context.end()
    assert found == [None]
