"""Input that one of the databases, or a client's JSON parser, would choke on: refused with its documented status."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.ingress.conftest import Visitor, check_problem
from tests.stores import Stores, fresh


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh(request.param, tmp_path_factory.mktemp("var")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("value", "status"),
    [(b"NaN", 400), (b"Infinity", 400), (b"-Infinity", 400), (b"1e999", 422), (b"[{}, -1E999]", 422), (b"1e308", 202)],
)
def test_numbers_that_are_no_json_or_too_large(visitor: Visitor, value: bytes, status: int) -> None:
    """With PostgreSQL one NaN in a message's metadata stopped its shard for good; browsers cannot parse it either."""
    path = f"/api/conversations/{visitor.id}/messages"
    body = b'{"content":"a","metadata":{"n":%b}}' % value
    response = visitor.client.post(path, data=body, headers=visitor.headers, content_type="application/json")
    if status != 202:
        check_problem(response, status)
    assert response.status_code == status
    opening = visitor.client.post(
        "/api/conversations", data=b'{"metadata":{"n":%b}}' % value, content_type="application/json"
    )
    assert opening.status_code == (201 if status == 202 else status)


@pytest.mark.parametrize(("levels", "status"), [(50, 202), (100, 422), (500, 422), (900, 422), (5000, 400)])
def test_deep_nesting_is_no_fault_of_ours(visitor: Visitor, levels: int, status: int) -> None:
    path = f"/api/conversations/{visitor.id}/messages"
    body = '{"content":"a","metadata":{"n":' + "[" * levels + "]" * levels + "}}"
    response = visitor.client.post(path, data=body, headers=visitor.headers, content_type="application/json")
    assert response.status_code == status


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ff", "%ED%A0%80", "x" * 10_000, "'", "%22", "%0d%0aX: y", "%2e%2e"])
def test_odd_ids_are_unknown(visitor: Visitor, name: str) -> None:
    check_problem(visitor.client.get(f"/api/conversations/{name}", headers=visitor.headers), 404)
    check_problem(visitor.get(f"/messages/{name}"), 404)
    check_problem(visitor.get(f"/messages/{name}/trace"), 404)


def test_a_cursor_beyond_every_number_finds_nothing(visitor: Visitor) -> None:
    visitor.send()
    found = visitor.get(f"/messages?after={'9' * 18}")
    assert (found.status_code, found.get_json()) == (200, {"items": [], "next": None})


def test_nul_in_any_path_is_404(client: FlaskClient) -> None:
    for path in ("/%00", "/pages/chat%00.css", "/webhooks/in/shop%00", "/docs/files/%00"):
        check_problem(client.get(path), 404)
