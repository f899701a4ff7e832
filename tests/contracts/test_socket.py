"""What the socket really says is what /asyncapi.yaml says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from tests.acceptance.member import Wire
from tests.acceptance.person import Person
from tests.program import Program

Document = dict[str, Any]


@pytest.fixture
def person(program: Program) -> Iterator[Person]:
    with Person(program) as opened:
        yield opened


@pytest.fixture
def wire(program: Program, person: Person) -> Iterator[Wire]:
    """On the topic of the person's conversation."""
    opened = Wire(program, person.token)
    assert "error" not in opened.call("subscribe", channel=f"conversation:{person.id}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def document(program: Program) -> Document:
    # It is written in JSON, which is YAML.
    return dict(json.loads(httpx.get(f"{program.url}/asyncapi.yaml", trust_env=False).text))


def faults(document: Document, message: str, value: Any) -> list[str]:
    """What is not as the message is described."""
    schema = document["components"]["messages"][message]["payload"] | {"components": document["components"]}
    found = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value)
    return [f"{fault.json_path}: {fault.message}" for fault in found]


def test_methods_give_what_they_promise(document: Document, person: Person, wire: Wire) -> None:
    own = {"conversation_id": person.id}
    calls = {
        "message.send": own | {"content": "hello"},
        "typing": own,
        "message.read": own,
        "conversation.handoff": own | {"reason": "The parcel is lost"},
        "conversation.close": own,
    }
    promised = {
        one["messages"][0]["$ref"].rpartition("/")[2]: one for one in document["operations"].values() if "reply" in one
    }
    assert calls.keys() == promised.keys()
    for method, params in calls.items():
        assert faults(document, method, params) == []
        (given,) = promised[method]["reply"]["messages"]
        told = wire.call("rpc", method=method, data=params)
        assert faults(document, given["$ref"].rpartition("/")[2], told["rpc"]["data"]) == [], told


def test_events_are_as_described(document: Document, person: Person, wire: Wire) -> None:
    own = {"conversation_id": person.id}
    names = {
        document["components"]["messages"][name]["name"]: name
        for name in document["channels"]["conversation"]["messages"]
    }
    for method, params, awaited in (
        ("typing", own, {"typing"}),
        ("message.send", own | {"content": "hello"}, {"message.created", "message.delta", "message.updated"}),
        ("message.read", own, {"message.read"}),
        ("conversation.handoff", own, {"conversation.state"}),
    ):
        wire.send("rpc", method=method, data=params)
        while awaited:
            event = wire.push()
            assert faults(document, names[event["type"]], event) == [], event
            awaited.discard(event["type"])
