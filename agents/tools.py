"""The tools of one run, the worker's and the agents' own: their schemas for the model, and their calls."""

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


class Passage(BaseModel):
    """One section of the documentation."""

    source: str
    path: str
    text: str


class Results(BaseModel):
    results: list[Passage]


def search(arguments: BaseModel) -> Results:
    """The sections that match best, best first."""
    from agents.knowledge.index import shipped  # noqa: PLC0415 - numpy is loaded only where it is searched

    query = Search.model_validate(arguments, from_attributes=True).query
    hits = shipped().search(query, limit=4)
    return Results(results=[Passage(source=h.section.source, path=h.section.path, text=h.section.text) for h in hits])


def _not_called(arguments: BaseModel) -> BaseModel:
    return arguments  # a hand-off is an event of the agent, not an effect of a tool


OWN = (
    Tool(SEARCH, "Searches the documentation of Switchboard and of this service.", Search, search),
    Tool(HAND_OFF, "Asks a person to take this conversation over. Ends your turn.", HandOffWish, _not_called),
)


@dataclass(frozen=True)
class Called:
    """The outcome of one call: the arguments, if they were valid, and the result for the model (JSON)."""

    arguments: BaseModel | None
    result: str


class Toolbox:
    """The worker's tools and our own. A tool of the worker replaces one of ours with the same name."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in (*OWN, *tools)}
        self.schemas = [_schema(t.name, t.description, t.parameters) for t in self._tools.values()]

    def call(self, use: ToolUse) -> Called:
        """Validates the arguments and calls the tool. The model gets its own faults and a tool's permanent errors as a
        result; an error that a retry may cure is raised, so that the worker retries."""
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
            return Called(arguments, _refused(error.detail).result)


def _refused(reason: str) -> Called:
    return Called(None, json.dumps({"error": reason}))


@cache
def _schema(name: str, description: str, parameters: type[BaseModel]) -> Schema:
    schema: dict[str, Any] = parameters.model_json_schema()
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}
