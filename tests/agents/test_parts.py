"""The parts of a run that need no server: whose key it is, how long waiting lasts, which error gives hope."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from itertools import count
from threading import Event

import pytest

from agents.completion import Model
from agents.llm.deadline import bounded
from agents.llm.fallback import most_hopeful
from agents.llm.models import models_for
from agents.llm.retry_after import retry_after
from models.errors import ModelMisconfigured, ModelRateLimited, ModelUnavailable
from models.settings import Settings, parse


def settings(**values: str) -> Settings:
    return parse({"SECRET_KEY": "k" * 40, **values})


def test_the_default_is_the_local_model() -> None:
    assert models_for("conversation", settings()) == (Model("local"),)


def test_key_and_address_belong_to_one_provider() -> None:
    chosen = models_for(
        "conversation",
        settings(
            LLM_MODEL="openai/a",
            LLM_FALLBACKS="anthropic/b,openai/c,local,openai/a",
            LLM_API_KEY="key",
            LLM_API_BASE="http://x",
        ),
    )
    assert chosen == (
        Model("openai/a", "http://x", "key"),
        Model("anthropic/b"),
        Model("openai/c", "http://x", "key"),
        Model("local"),
    )


def test_beside_the_local_model_they_belong_to_the_first_other() -> None:
    chosen = models_for("conversation", settings(LLM_FALLBACKS="anthropic/b,openai/c", LLM_API_KEY="key"))
    assert chosen == (Model("local"), Model("anthropic/b", None, "key"), Model("openai/c"))


def test_a_bare_name_is_openais() -> None:
    chosen = models_for("conversation", settings(LLM_MODEL="gpt-4o", LLM_FALLBACKS="openai/c", LLM_API_KEY="key"))
    assert [model.api_key for model in chosen] == ["key", "key"]


def test_a_key_is_not_in_the_representation() -> None:
    assert "secret" not in repr(Model("openai/a", None, "secret"))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),  # a digit, but none of HTTP's
        ("9" * 5000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wednesday, 21-Oct-15 07:28:00 GMT", 0),  # the two older forms, which every recipient must accept
        ("Wed Oct 21 07:28:00 2015", 0),
        ("Wed, 21 Foo 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999999 07:28:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_no_headers_no_time() -> None:
    assert retry_after({}) is None
    assert retry_after(None) is None


def test_hope() -> None:
    never = ModelMisconfigured()
    some = ModelUnavailable()
    late, soon = (ModelRateLimited(retry_after=after) for after in (60, 7))
    best = most_hopeful([("a", never), ("b", late), ("c", some), ("d", soon)])
    assert (best.kind, best.permanent, best.retry_after) == ("rate_limited", False, 7)
    assert most_hopeful([("a", never), ("c", some)]).retry_after is None
    assert most_hopeful([("a", never)]).permanent


def waiting(for_it: Event, closed: Event) -> Generator[int, None, None]:
    try:
        yield 1
        for_it.wait(30)
        yield 2
    finally:
        closed.set()


def test_what_comes_in_time_comes() -> None:
    done = Event()
    done.set()
    soon = time.monotonic() + 5
    assert list(bounded(lambda: waiting(done, Event()), soon, soon)) == [1, 2]


def test_silence_ends_at_the_deadline_and_the_source_is_closed() -> None:
    go_on, closed = Event(), Event()
    items = bounded(lambda: waiting(go_on, closed), time.monotonic() + 5, time.monotonic() + 0.1)
    assert next(items) == 1
    with pytest.raises(TimeoutError):
        next(items)
    go_on.set()
    assert closed.wait(5)


def test_a_listener_that_leaves_closes_the_source() -> None:
    closed = Event()

    def endless() -> Generator[int, None, None]:
        try:
            yield from count()
        finally:
            closed.set()

    with closing(bounded(endless, time.monotonic() + 5, time.monotonic() + 5)) as items:
        assert next(items) == 0
    assert closed.wait(5)


def test_what_the_source_raises_is_raised() -> None:
    def broken() -> Generator[int, None, None]:
        yield 1
        raise ValueError("broken")

    items = bounded(broken, time.monotonic() + 5, time.monotonic() + 5)
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)
