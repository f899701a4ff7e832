"""The socket's document names what the socket has, and nothing else."""

from __future__ import annotations

import json
from typing import Any, cast

from flask.testing import FlaskClient

from ingress.conversations import methods
from ingress.sockets import Registry


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
    assert set(_document(client)["channels"]["rpc"]["messages"]) == set(registry.methods._handlers)


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
