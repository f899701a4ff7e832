"""The tools of one run: those of the worker and the agents' own, as a model is shown them and as it calls them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from agents.completion import Schema, ToolUse
from agents.protocol import Tool
from models.errors import SwitchboardError

HAND_OFF = "hand_off"
SEARCH = "search_knowledge"


class HandOffWish(BaseModel):
    """What a model says when it wants a person to take over."""

    reason: str = Field(max_length=500, description="Why a person is needed, in a few words, for the person.")
    reply: str = Field("", max_length=2000, description="What to tell the person, in their language.")


class Search(BaseModel):
    query: str = Field(min_length=1, max_length=400, description="What to look for: a question or a few words.")


class Found(BaseModel):
    """One section of the documentation."""

    source: str
    path: str
    text: str


class Results(BaseModel):
    results: list[Found]


def search(wanted: BaseModel) -> Results:
    """The sections that fit best, best first; reading only."""
    from agents.knowledge.index import shipped  # noqa: PLC0415 - numpy is loaded only where it is searched

    query = Search.model_validate(wanted, from_attributes=True).query
    hits = shipped().search(query, limit=4)
    return Results(results=[Found(source=h.section.source, path=h.section.path, text=h.section.text) for h in hits])


def _not_called(wish: BaseModel) -> BaseModel:
    return wish  # a hand-off is an event of the agent, not an effect of a tool


OWN = (
    Tool(SEARCH, "Searches the documentation of Switchboard and of this service.", Search, search),
    Tool(HAND_OFF, "Asks a person to take this conversation over. Ends your turn.", HandOffWish, _not_called),
)


@dataclass(frozen=True)
class Called:
    """What became of one call: the arguments, if they were valid, and what the model is told (JSON)."""

    arguments: BaseModel | None
    told: str


class Toolbox:
    """The worker's tools and our own; a tool of the worker with the name of ours takes its place."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in (*OWN, *tools)}
        self.schemas = [_schema(t.name, t.description, t.parameters) for t in self._tools.values()]

    def call(self, use: ToolUse) -> Called:
        """Validates and calls. What the model did wrong, and a tool's lasting refusal, is told to the model; a failure
        that trying again may cure is raised, so that the worker does."""
        tool = self._tools.get(use.name)
        if tool is None:
            return _refused(f"There is no tool with that name. The tools are: {', '.join(self._tools)}.")
        try:
            arguments = tool.parameters.model_validate_json(use.arguments or "{}")
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors())
            return _refused(f"The arguments are not valid: {faults}")
        if "\\u0000" in arguments.model_dump_json():  # a tool may write them to a database
            return _refused("The arguments are not valid: they contain NUL.")
        try:
            return Called(arguments, tool.call(arguments).model_dump_json())
        except SwitchboardError as error:
            if not error.permanent:
                raise
            return Called(arguments, _refused(error.detail).told)


def _refused(why: str) -> Called:
    return Called(None, json.dumps({"error": why}))


@cache
def _schema(name: str, description: str, parameters: type[BaseModel]) -> Schema:
    shape: dict[str, Any] = parameters.model_json_schema()
    return {"type": "function", "function": {"name": name, "description": description, "parameters": shape}}
