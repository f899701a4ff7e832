"""A change leaves what it does not mention, also when the client was generated from the OpenAPI document.

Such a client sends each property that has a default in the document, whether its user has set it or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.ingress.conftest import check_problem
from tests.ingress.identity.account import Account, signed_in

Document = dict[str, Any]
METHODS = ("patch", "put")
CHANGES = ("/api/auth/me", "/api/users/{user_id}")


@pytest.fixture
def document(client: FlaskClient) -> Document:
    found: Document = client.get("/openapi.json").get_json()
    return found


@pytest.fixture
def account(client: FlaskClient) -> Account:
    return signed_in(client, is_superuser=True)


def resolved(document: Document, schema: Document) -> Document:
    """The schema behind a reference."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def properties(document: Document, schema: Document, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Document]]:
    """Every property in a schema, however deep: its place, and its schema."""
    if schema.get("$ref") in seen:
        return
    seen = (*seen, schema.get("$ref", ""))
    schema = resolved(document, schema)
    for name, inner in schema.get("properties", {}).items():
        yield name, inner
        yield from ((f"{name}.{place}", found) for place, found in properties(document, inner, seen))
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ()), schema.get("items")):
        if isinstance(part, dict):
            yield from properties(document, part, seen)


def bodies(document: Document) -> Iterator[tuple[str, Document]]:
    """Every request body: its route, and its schema."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{method} {path} {kind}", body["schema"]


def generated(document: Document, method: str, path: str, **said: Any) -> Document:
    """The body that a generated client sends when its user has set this."""
    schema = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    own = resolved(document, schema)["properties"]
    return {name: inner["default"] for name, inner in own.items() if "default" in inner} | said


def change(account: Account, method: str, path: str, body: Document) -> Any:
    assert account.client is not None
    return account.client.open(path, method=method.upper(), json=body, headers=account.headers)


def test_no_property_of_a_request_body_is_null_by_default(document: Document) -> None:
    found = list(bodies(document))
    assert len(found) > 15
    assert [
        (route, place)
        for route, schema in found
        for place, inner in properties(document, schema)
        if "default" in inner and inner["default"] is None
    ] == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", CHANGES)
def test_a_generated_client_that_sets_one_field_keeps_the_rest(
    path: str, method: str, document: Document, account: Account
) -> None:
    own = path.format(user_id=account.id)
    before = {"full_name": "Ann Lee", "username": f"ann.{account.id[:8]}", "bio": "before"}
    assert change(account, method, own, before).status_code == 200
    told = change(account, method, own, generated(document, method, path, bio="after"))
    assert told.status_code == 200
    shown = account.get(own).get_json()
    assert {name: shown[name] for name in before} == before | {"bio": "after"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", CHANGES)
def test_null_empties_what_may_be_empty(path: str, method: str, account: Account) -> None:
    own = path.format(user_id=account.id)
    assert change(account, method, own, {"full_name": "Ann Lee", "bio": "here"}).status_code == 200
    shown = change(account, method, own, {"bio": None}).get_json()
    assert (shown["bio"], shown["full_name"]) == (None, "Ann Lee")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("field", ["email", "password"])
def test_null_is_refused_where_nothing_may_be_empty(
    field: str, method: str, document: Document, account: Account
) -> None:
    problem = check_problem(change(account, method, f"/api/users/{account.id}", {field: None}), 422)
    assert problem["errors"][0]["field"] == field
    schema = document["paths"]["/api/users/{user_id}"][method]["requestBody"]["content"]["application/json"]["schema"]
    assert resolved(document, schema)["properties"][field]["type"] == "string", "the document says that it may be null"


@pytest.mark.parametrize("path", CHANGES)
def test_the_document_prefers_patch(path: str, document: Document) -> None:
    methods = document["paths"][path]
    assert methods["put"]["deprecated"] is True
    assert not methods["patch"].get("deprecated")
    assert methods["patch"]["requestBody"] == methods["put"]["requestBody"]
    assert methods["patch"]["operationId"] != methods["put"]["operationId"]
