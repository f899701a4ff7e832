"""The API document: valid, whole, and in words that a generator can use."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

Document = dict[str, Any]


@pytest.fixture
def document(client: FlaskClient) -> Document:
    made: Document = client.get("/openapi.json").get_json()
    return made


def operations(document: Document) -> list[tuple[str, str, Document]]:
    return [(path, method, it) for path, item in document["paths"].items() for method, it in item.items()]


def media(operation: Document) -> list[tuple[str, Document]]:
    """All bodies of an operation, with their media types."""
    holders = [operation.get("requestBody", {}), *operation["responses"].values()]
    return [found for holder in holders for found in holder.get("content", {}).items()]


def test_it_is_valid(document: Document) -> None:
    validate(document)


def test_each_operation_has_a_name_a_summary_and_a_description(document: Document) -> None:
    found = operations(document)
    names = [operation["operationId"] for _, _, operation in found]
    assert len(names) == len(set(names)) > 50
    assert [name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)] == []
    for path, method, operation in found:
        assert operation["summary"][0].isupper(), (method, path)
        assert operation["description"].rstrip().endswith("."), (method, path)
        assert "<br" not in operation["description"], (method, path)
        assert operation["tags"] != ["default"], (method, path)
        assert all(parameter["in"] != "path" or parameter["required"] for parameter in operation.get("parameters", ()))


def test_errors_are_problems_and_only_those(document: Document) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            is_error = int(status) >= 400
            kinds = set(response.get("content", {}))
            assert (kinds == {"application/problem+json"}) == is_error, (method, path, status)
    index = document["paths"]["/"]["get"]["responses"]
    assert set(index) == {"200", "302", "429", "500"}
    assert "409" not in document["paths"]["/api/conversations"]["get"]["responses"]


def test_examples_fit_their_schemas(document: Document) -> None:
    for path, method, operation in operations(document):
        for kind, found in media(operation):
            if "$ref" not in found["schema"]:
                continue
            assert "example" in found, (method, path, kind)
            schema = found["schema"] | {"components": document["components"]}
            faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(found["example"])]
            assert faults == [], (method, path)


def _names(document: Document, path: str, method: str) -> set[str]:
    return {parameter["name"] for parameter in document["paths"][path][method].get("parameters", ())}


def test_headers_that_routes_read_are_parameters(document: Document) -> None:
    messages = "/api/conversations/{conversation_id}/messages"
    assert {"Prefer", "Idempotency-Key"} <= _names(document, messages, "post")
    assert {"Prefer", "Idempotency-Key", "Idempotency-Secret"} <= _names(document, "/api/chat", "post")
    assert "Last-Event-ID" in _names(document, "/api/conversations/{conversation_id}/events", "get")
    webhook = {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert webhook <= _names(document, "/webhooks/in/{source}", "post")
    assert "requestBody" in document["paths"]["/webhooks/in/{source}"]["post"]


def test_headers_that_routes_send_are_there(document: Document) -> None:
    responses = document["paths"]["/api/conversations"]["post"]["responses"]
    assert {"Location", "RateLimit", "RateLimit-Policy"} <= set(responses["201"]["headers"])
    assert "Retry-After" in responses["429"]["headers"]
    assert "Retry-After" in responses["503"]["headers"]
    message = document["paths"]["/api/conversations/{conversation_id}/messages/{message_id}"]["get"]
    assert "Content-Location" in message["responses"]["200"]["headers"]


def _data_of(stream: Document) -> Document:
    """The schema of what stands in `data`."""
    found: Document = stream["schema"]["contentSchema"]["items"]["properties"]["data"]["contentSchema"]
    return found


def test_streams_name_their_events(document: Document) -> None:
    streams = [
        (operation["operationId"], _data_of(found)["$ref"].rpartition("/")[2])
        for _, _, operation in operations(document)
        for kind, found in media(operation)
        if kind == "text/event-stream"
    ]
    assert sorted(streams) == [
        ("chat", "AnswerEvent"),
        ("followConversation", "ConversationEvent"),
        ("sendMessage", "AnswerEvent"),
        ("streamTestEvents", "InsightEvent"),
    ]
    kinds = document["components"]["schemas"]["ConversationEvent"]["discriminator"]["mapping"]
    assert {"message.created", "message.updated", "message.delta", "message.restarted", "lost"} <= set(kinds)


def test_objects_say_what_they_hold(document: Document) -> None:
    """Free objects are `metadata`, what an authenticator says, and the detail of an audit entry."""
    free = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, inner in schema.get("properties", {}).items()
        if inner.get("additionalProperties") is True or inner == {"type": "object"}
    }
    assert {name for name in free if not name.endswith(".metadata")} <= {"Credential.response", "AuditEntry.detail"}


def test_times_and_ids_have_their_formats(document: Document) -> None:
    fields = document["components"]["schemas"]["Message"]["properties"]
    assert fields["created_at"]["format"] == "date-time"
    assert fields["id"]["format"] == "uuid"
    assert fields["edited_at"]["anyOf"][0]["format"] == "date-time"


def test_old_names_are_deprecated(document: Document) -> None:
    for path in ("/api/auth/me", "/api/users/{user_id}"):
        assert document["paths"][path]["put"]["deprecated"] is True
        assert "deprecated" not in document["paths"][path]["patch"]
