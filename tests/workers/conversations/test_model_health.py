"""What the guard learns of a model reaches `/health`: from its calls, beside what was known at the start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.errors import ModelError, ModelMisconfigured, ModelTimeout
from models.health import language_models
from tests.stores import Stores, fresh
from workers.conversations.guard import guard

MODEL = "openai/gpt-4o"


@pytest.fixture(autouse=True)
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh("sqlite", tmp_path_factory.mktemp("var")) as opened:
        yield opened


def fail(kind: type[ModelError]) -> None:
    with pytest.raises(ModelError), guard(MODEL):
        raise kind


def succeed() -> None:
    with guard(MODEL):
        pass


def state() -> str:
    return language_models.states([MODEL])[MODEL]


def test_a_call_tells_that_a_model_is_misconfigured_until_one_is_answered() -> None:
    assert state() == "unused"
    fail(ModelMisconfigured)
    assert state() == "misconfigured"
    assert language_models.lacking([MODEL]) == {MODEL: language_models.REFUSED}
    succeed()
    assert state() == "ok"
    assert language_models.lacking([MODEL]) == {}


def test_the_setting_that_was_found_missing_is_still_named_after_a_call() -> None:
    language_models.note_setup({MODEL: "OPENAI_API_KEY is not set"})
    fail(ModelMisconfigured)
    assert language_models.lacking([MODEL]) == {MODEL: "OPENAI_API_KEY is not set"}


def test_a_start_with_the_key_forgets_what_was_wrong() -> None:
    fail(ModelMisconfigured)
    language_models.note_setup({MODEL: ""})
    assert state() == "unused"


def test_a_start_does_not_forget_another_failure() -> None:
    fail(ModelTimeout)
    language_models.note_setup({MODEL: ""})
    assert state() == "failing"
