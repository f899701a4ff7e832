"""Answers that no database holds, or that say nothing."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from agents.completion import ToolUse
from agents.protocol import Delta, Tool
from agents.tools import Toolbox
from models.errors import ModelError
from models.texts import is_storable
from tests.agents.conftest import Configure, Run, final_of
from tests.servers.openai import ModelServer


@pytest.mark.parametrize("odd", ["\0", "\ud800", "\udc00\ud800"])
def test_what_cannot_be_stored_is_mended(odd: str, remote: Configure, server: ModelServer, run: Run) -> None:
    """Storing it failed on PostgreSQL after the answer was shown: twelve tries and seven minutes later, an apology."""
    server.behave({"name": "normal", "text": f"One{odd} two {odd}three"})
    events = run()
    final = final_of(events)
    assert is_storable(final.content)
    assert final.content.replace("\ufffd", "").split() == ["One", "two", "three"]
    assert all(is_storable(event.text) for event in events if isinstance(event, Delta))


@pytest.mark.parametrize("nothing", [" ", "\n \t", "\u2003"])
def test_white_space_is_no_answer(nothing: str, remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave({"name": "normal", "text": nothing})
    with pytest.raises(ModelError) as raised:
        run()
    assert (raised.value.kind, raised.value.permanent) == ("unavailable", False)


def test_an_answer_of_a_megabyte_ends_where_a_message_must(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave({"name": "normal", "text": "🦀" * 40_000})
    assert final_of(run()).content == "🦀" * 16_000


class Named(BaseModel):
    name: str


@pytest.mark.parametrize(
    "arguments", ['{"name":"a\\u0000"}', '{"name":"\\ud800"}', "{", "[]", '{"name":5}', "\0", "null"]
)
def test_a_tool_never_sees_what_it_cannot_store(arguments: str) -> None:
    seen: list[BaseModel] = []

    def keep(said: BaseModel) -> BaseModel:
        seen.append(said)
        return said

    tool = Tool("keep", "", Named, keep)
    called = Toolbox([tool]).call(ToolUse("1", "keep", arguments))
    assert (called.arguments, seen) == (None, [])
    assert '"error"' in called.result
