"""A line for people, and a line for programs: each with its level, UTC time, logger, event and what is bound."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator

import pytest

from models.logs import context, lines
from tests.stores import environment

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
Log = Callable[..., str]


@pytest.fixture(params=["console", "json"])
def form(request: pytest.FixtureRequest) -> Iterator[str]:
    with environment(SECRET_KEY="t" * 40, LOG_FORMAT=request.param):
        context.begin(TRACE, task="answer")
        yield request.param
        context.end()


def line(text: str, *args: object, **more: object) -> str:
    """The line of a module that logs by the standard library. `more`: what a library adds to its record."""
    trace = sys.exc_info()
    record = logging.LogRecord(
        "workers.answer", logging.WARNING, "answer.py", 1, text, args, trace if trace[0] else None
    )
    record.__dict__.update(more)
    return lines.formatter().format(record)


def test_what_a_line_has(form: str) -> None:
    text = line("model %s failed at “%s”", "first", "x")
    if form == "json":
        told = json.loads(text)
        assert list(told)[:4] == ["timestamp", "level", "logger", "event"]  # so that `sort` orders lines
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", told.pop("timestamp"))
        assert told == {
            "level": "warning", "logger": "workers.answer", "event": "model first failed at “x”", "trace_id": TRACE,
            "task": "answer",
        }  # fmt: skip
    else:
        told = r"model first failed at “x” \[workers\.answer\] task=answer trace_id=" + TRACE
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \[warning  \] " + told, text)


def test_a_trace_of_calls_tells_no_values_of_variables(form: str) -> None:
    password = "zebra " + "words"
    try:
        int(password[:0])
    except ValueError:
        text = line("failed")
    assert "ValueError" in text and "test_lines.py" in text
    assert password not in text
    assert len(text.splitlines()) == 1 or form == "console"


def test_what_a_library_adds_to_a_record_is_not_told(form: str) -> None:
    """Celery adds the arguments of a task that failed."""
    assert "zebra" not in line("Task %s raised", "answer", data={"args": "zebra words"})
