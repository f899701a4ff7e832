"""The socket's document names what the socket has, and nothing else."""

from __future__ import annotations

import json
from typing import Any, cast

from flask.testing import FlaskClient
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from ingress.conversations import methods
from ingress.sockets import Registry
from tests.contracts.javascript import packages


def _document(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/asyncapi.yaml")
    assert response.content_type == "application/yaml"
    return cast(dict[str, Any], json.loads(response.get_data()))


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return found + [inner for one in value.values() for inner in _references(one)]
    return [inner for one in value for inner in _references(one)] if isinstance(value, list) else []


def test_it_names_the_methods_that_are_registered(client: FlaskClient) -> None:
    registry = Registry()
    methods.register(registry)
    document = _document(client)
    calls = [one for one in document["operations"].values() if one["action"] == "receive"]
    names = {one["messages"][0]["$ref"].rpartition("/")[2] for one in calls}
    assert names == set(registry.methods._handlers)
    assert all("reply" in one for one in calls)


def test_it_is_valid(client: FlaskClient) -> None:
    """By AsyncAPI's own schema."""
    path = packages() / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
    faults = Draft7Validator(json.loads(path.read_text())).iter_errors(_document(client))
    assert [f"{fault.json_path}: {fault.message}" for fault in faults] == []


def test_its_references_lead_somewhere(client: FlaskClient) -> None:
    document = _document(client)
    assert document["asyncapi"] == "3.0.0"
    for reference in _references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_its_messages_are_those_of_the_streams(client: FlaskClient) -> None:
    told = {message["name"] for message in _document(client)["components"]["messages"].values()}
    kinds = client.get("/openapi.json").get_json()["components"]["schemas"]["PublishedEvent"]["discriminator"][
        "mapping"
    ]
    assert set(kinds) <= told
    assert client.get("/").get_json()["links"]["asyncapi"] == "/asyncapi.yaml"
