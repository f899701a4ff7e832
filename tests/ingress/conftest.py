"""The app itself on a real Redis and SQLite; no workers run, so what is accepted stays in the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ingress import create_app
from tests.contracts.document import CheckedClient
from tests.stores import Stores, environment, fresh

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh("sqlite", tmp_path_factory.mktemp("var")) as opened:
        yield opened


Started = Callable[..., FlaskClient]


@cache
def _app(_chosen: frozenset[tuple[str, str]]) -> Flask:
    """The app for these settings, which are in force now. Making one takes longer than most tests.

    Whatever it answers in these tests is as the API document says.
    """
    app = create_app()
    app.test_client_class = CheckedClient
    return app


@pytest.fixture
def started(stores: Stores) -> Iterator[Started]:
    """A client of an app with these settings."""
    contexts = []

    def start(**settings: str) -> FlaskClient:
        chosen = {"INBOUND_SECRET_SHOP": SECRET, "RATELIMIT_ENABLED": "false"} | settings
        context = environment(**chosen)
        context.__enter__()
        contexts.append(context)
        return _app(frozenset(chosen.items())).test_client()

    yield start
    for context in reversed(contexts):
        context.__exit__(None, None, None)


@pytest.fixture
def client(started: Started) -> FlaskClient:
    return started()


class Visitor:
    """Someone with a conversation and its token."""

    def __init__(self, client: FlaskClient) -> None:
        opened = client.post("/api/conversations", json={}).get_json()
        self.client = client
        self.id: str = opened["conversation"]["id"]
        self.token: str = opened["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def send(self, content: Any = "hello", *, headers: dict[str, str] | None = None, **body: Any) -> TestResponse:
        """Posts a message."""
        path = f"/api/conversations/{self.id}/messages"
        return self.client.post(path, json={"content": content, **body}, headers=self.headers | (headers or {}))

    def get(self, path: str = "") -> TestResponse:
        """Reads something of the conversation."""
        return self.client.get(f"/api/conversations/{self.id}{path}", headers=self.headers)


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    return Visitor(client)


def check_problem(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem document of a response, which has this status and shows nothing of our inside."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.get_data())
    assert problem["status"] == status
    assert problem["type"].startswith("urn:switchboard:problem:"), problem
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in response.get_data(as_text=True)
    return problem


def routes(app: Flask) -> list[Any]:
    """All routes of the app."""
    return list(app.url_map.iter_rules())
