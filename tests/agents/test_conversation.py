"""The conversation agent against a real HTTP server that speaks the OpenAI protocol: what goes right."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, Field

from agents import conversation, registry
from agents.protocol import Delta, Final, HandOff, Question, Tool, ToolCall, Turn
from models.errors import Conflict, DatabaseAway
from tests.agents.conftest import KEY, Configure, Run, final_of
from tests.servers.openai import ModelServer
from tests.servers.openai_wire import DEFAULT_REPLY


class Wanted(BaseModel):
    city: str = Field(min_length=1)


class Told(BaseModel):
    weather: str


class Weather:
    """A tool of the worker, that remembers what it was called with."""

    def __init__(self, error: Exception | None = None) -> None:
        self.called: list[Wanted] = []
        self.error = error

    @property
    def tool(self) -> Tool:
        return Tool("weather", "Tells the weather.", Wanted, self._call)

    def _call(self, wanted: BaseModel) -> BaseModel:
        assert isinstance(wanted, Wanted)
        self.called.append(wanted)
        if self.error:
            raise self.error
        return Told(weather="rain")


def wants(arguments: str, tool: str = "weather") -> dict[str, str]:
    return {"name": "tool", "tool": tool, "arguments": arguments}


def test_the_answer_streams(remote: Configure, run: Run) -> None:
    events = run()
    assert len([event for event in events if isinstance(event, Delta)]) > 5
    assert final_of(events).content == DEFAULT_REPLY
    assert final_of(events).metadata["model"] == "openai/behave-normal"


def test_the_first_words_come_before_the_last_are_written(remote: Configure, server: ModelServer) -> None:
    server.behave("stall")
    events = registry.agent("conversation").run(Question("m", "c", "hello model"), [], lambda: None)
    assert isinstance(next(events), Delta)  # the server will never end this answer
    assert isinstance(events, Iterator)


def test_the_model_sees_the_prompt_the_last_turns_and_the_question(
    remote: Configure, server: ModelServer, run: Run
) -> None:
    remote(CHAT_HISTORY_MAX=4)
    history = [Turn("user" if n % 2 == 0 else "assistant", f"turn {n}") for n in range(10)]
    run("the question", history)
    seen = server.requests[0]["messages"]
    assert seen[0]["role"] == "system"
    assert [m["content"] for m in seen[1:]] == ["turn 6", "turn 7", "turn 8", "turn 9", "the question"]


def test_a_tool_is_called_with_checked_arguments_and_its_result_told(
    remote: Configure, server: ModelServer, run: Run
) -> None:
    weather = Weather()
    server.behave(wants('{"city": "Bonn"}'), {"name": "normal", "text": "It rains in Bonn."})
    events = run(tools=[weather.tool])
    assert weather.called == [Wanted(city="Bonn")]
    assert ToolCall("weather") in events
    assert final_of(events).content == "It rains in Bonn."
    told = server.requests[1]["messages"][-1]
    assert (told["role"], told["tool_call_id"], json.loads(told["content"])) == ("tool", "call_1", {"weather": "rain"})


@pytest.mark.parametrize("arguments", ['{"city": ""}', '{"town": "Bonn"}', "not json", "[]"])
def test_bad_arguments_are_told_to_the_model_and_never_reach_the_tool(
    arguments: str, remote: Configure, server: ModelServer, run: Run
) -> None:
    weather = Weather()
    server.behave(wants(arguments), "normal")
    assert final_of(run(tools=[weather.tool])).content == DEFAULT_REPLY
    assert not weather.called
    assert "are not valid" in server.requests[1]["messages"][-1]["content"]


def test_an_unknown_tool_is_told(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave(wants("{}", tool="launch_rockets"), "normal")
    assert final_of(run()).content == DEFAULT_REPLY
    assert "no tool with that name" in server.requests[1]["messages"][-1]["content"]


def test_a_tools_lasting_refusal_is_told(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave(wants('{"city": "Bonn"}'), "normal")
    run(tools=[Weather(Conflict("The station is closed.")).tool])
    assert "The station is closed." in server.requests[1]["messages"][-1]["content"]


def test_a_tools_passing_failure_is_the_workers_to_retry(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave(wants('{"city": "Bonn"}'))
    with pytest.raises(DatabaseAway):
        run(tools=[Weather(DatabaseAway()).tool])


def test_a_model_that_only_calls_tools_is_stopped(remote: Configure, server: ModelServer, run: Run) -> None:
    weather = Weather()
    again = [wants('{"city": "Bonn"}')] * (conversation.ROUNDS - 1)
    server.behave(*again, {"name": "normal", "text": "Enough."})
    assert final_of(run(tools=[weather.tool])).content == "Enough."
    choices = [request["tool_choice"] for request in server.requests]
    assert choices == ["auto"] * (conversation.ROUNDS - 1) + ["none"]


def test_the_knowledge_can_be_searched_and_its_sources_are_noted(
    remote: Configure, server: ModelServer, run: Run
) -> None:
    server.behave(wants('{"query": "what happens when redis is down"}', tool="search_knowledge"), "normal")
    final = final_of(run())
    assert "503" in server.requests[1]["messages"][-1]["content"]
    assert "agents/knowledge/guarantees.md" in [source["path"] for source in final.metadata["sources"]]


def test_the_model_hands_over(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave(wants('{"reason": "angry", "reply": "Jemand kommt."}', tool="hand_off"))
    events = run()
    assert HandOff("angry") in events
    assert final_of(events) == Final(
        "Jemand kommt.", {"sources": [], "model": "openai/behave-normal", "handed_off": True}
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize("behaviour", ["refusal", "policy"])
def test_a_refusal_is_an_honest_answer_that_offers_a_person(
    behaviour: str, remote: Configure, server: ModelServer, run: Run
) -> None:
    server.behave(behaviour)
    final = final_of(run())
    assert final.content == conversation.REFUSED
    assert final.metadata["offers_person"] is True


def test_an_answer_stopped_by_the_providers_filter_says_so(remote: Configure, server: ModelServer, run: Run) -> None:
    server.behave("filtered")
    final = final_of(run())
    assert final.content.endswith(conversation.REFUSED)
    assert final.metadata["offers_person"] is True


def test_the_lease_is_renewed_before_each_model_call(remote: Configure, server: ModelServer, run: Run) -> None:
    remote(LLM_FALLBACKS="openai/behave-other")
    renewals: list[int] = []
    server.behave("500", wants('{"city": "Bonn"}'), "normal")
    run(tools=[Weather().tool], alive=lambda: renewals.append(len(server.requests)))
    assert renewals == [0, 1, 2]


def test_a_lost_lease_ends_the_run(remote: Configure, server: ModelServer, run: Run) -> None:
    def lost() -> None:
        raise Conflict("The lease is lost.")

    with pytest.raises(Conflict):
        run(alive=lost)
    assert not server.requests


def test_the_key_goes_to_the_provider_it_belongs_to_only(remote: Configure, server: ModelServer, run: Run) -> None:
    run()
    assert server.requests[0]["headers"]["authorization"] == f"Bearer {KEY}"
