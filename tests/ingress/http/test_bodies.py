"""Bad input gets its documented status, as a problem document that echoes nothing."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from models import ledger
from tests.ingress.conftest import Visitor, check_problem


@pytest.mark.parametrize("raw", [b"{", b"", b"\xff\xfe", b'{"content": "a"', b"[" * 100_000, b"nul"])
def test_malformed_json_is_400_or_422_when_empty(visitor: Visitor, raw: bytes) -> None:
    path = f"/api/conversations/{visitor.id}/messages"
    response = visitor.client.post(path, data=raw, headers=visitor.headers, content_type="application/json")
    check_problem(response, 400 if raw else 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type_is_415(visitor: Visitor, kind: str) -> None:
    path = f"/api/conversations/{visitor.id}/messages"
    response = visitor.client.post(path, data=b'{"content":"a"}', headers=visitor.headers, content_type=kind)
    check_problem(response, 415)


@pytest.mark.parametrize("document", ["[]", '"text"', "1", "null", "true"])
def test_a_document_that_is_no_object_is_422(visitor: Visitor, document: str) -> None:
    path = f"/api/conversations/{visitor.id}/messages"
    response = visitor.client.post(path, data=document, headers=visitor.headers, content_type="application/json")
    check_problem(response, 422)


def test_a_mebibyte_is_taken_and_one_byte_more_is_413(visitor: Visitor) -> None:
    path = f"/api/conversations/{visitor.id}/messages"
    body = json.dumps({"content": "x"}).encode()
    whole = body + b" " * ((1 << 20) - len(body))
    taken = visitor.client.post(path, data=whole, headers=visitor.headers, content_type="application/json")
    assert taken.status_code == 202
    refused = visitor.client.post(path, data=whole + b" ", headers=visitor.headers, content_type="application/json")
    check_problem(refused, 413)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("x" * 16_000, 202),
        ("x" * 16_001, 422),
        ("👩" * 16_000, 202),
        ("👩" * 16_001, 422),
        ("", 422),
        (None, 422),
        (5, 422),
        (["x"], 422),
        ("a\0b", 422),
    ],
)
def test_content_has_1_to_16000_characters(visitor: Visitor, content: object, status: int) -> None:
    response = visitor.send(content)
    if status == 202:
        assert response.status_code == 202
        return
    problem = check_problem(response, 422)
    assert any("content" in error["field"] for error in problem["errors"])


@pytest.mark.parametrize("raw", ['{"content": "\\ud800"}', '{"content": "x", "metadata": {"a": ["\\udfff"]}}'])
def test_lone_surrogates_are_422_wherever_they_stand(visitor: Visitor, raw: str) -> None:
    path = f"/api/conversations/{visitor.id}/messages"
    response = visitor.client.post(path, data=raw, headers=visitor.headers, content_type="application/json")
    check_problem(response, 422)


def test_unknown_fields_are_named(visitor: Visitor) -> None:
    problem = check_problem(visitor.send("x", is_superuser=True), 422)
    assert problem["errors"][0]["field"] == "is_superuser"


def test_a_fault_never_echoes_what_was_sent(visitor: Visitor) -> None:
    secret = "my-password-is-hunter2"
    for body in ({"content": {"password": secret}}, {"content": "x", "metadata": secret}, {secret: 1, "content": "x"}):
        path = f"/api/conversations/{visitor.id}/messages"
        response = visitor.client.post(path, json=body, headers=visitor.headers)
        check_problem(response, 422)
        values = [v for v in body.values() if isinstance(v, str) and v == secret]
        assert not values or secret not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/health", 405),
        ("PUT", "/api/chat", 405),
        ("GET", "/api/conversations", 401),
        ("GET", "/api/conversations/x/messages", 401),
        ("GET", "/pages/../app.py", 404),
        ("GET", "/pages/%2e%2e/app.py", 404),
        ("GET", "/pages/nothing.js", 404),
    ],
)
def test_every_refusal_is_a_problem(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    check_problem(response, status)
    if status == 405:
        assert response.headers["Allow"]
    if status == 401:
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_refused_input_reaches_no_ledger(visitor: Visitor) -> None:
    before = ledger.depth()
    visitor.send("")
    visitor.send("x", unknown=1)
    assert ledger.depth() == before
