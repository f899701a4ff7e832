"""Each problem has one type, one title and one status, and docs/problems.md explains every one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from flask.testing import FlaskClient

from ingress.http import problem_types
from ingress.http.problem_types import NOT_READY, URN, WITHOUT_CLASS, ProblemType, of_class
from models.errors import SwitchboardError
from models.settings import ROOT
from tests.ingress.conftest import check_problem

ROW = re.compile(r"^\| `([a-z-]+)` \| (\d{3}) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
HOLD_CLASSES = ("channels.codes", "workers.runtime.breaker")  # beside models/errors.py


def _classes(error: type[SwitchboardError]) -> Iterator[type[SwitchboardError]]:
    yield error
    for below in error.__subclasses__():
        yield from _classes(below)


def _all() -> set[ProblemType]:
    for module in HOLD_CLASSES:
        import_module(module)
    return {of_class(error) for error in _classes(SwitchboardError)} | {*WITHOUT_CLASS, NOT_READY}


def test_a_type_has_one_title_and_a_title_one_type() -> None:
    kinds = _all()
    assert len(kinds) == len({kind.uri for kind in kinds}) == len({kind.title for kind in kinds})


def test_the_page_explains_each() -> None:
    rows = ROW.findall((ROOT / "docs" / "problems.md").read_text())
    told = [ProblemType(URN + slug, title, int(status)) for slug, status, title, _, _ in rows]
    assert len(told) == len(set(told))
    assert set(told) == _all()


def test_an_unknown_status_is_named_as_http_names_it() -> None:
    assert problem_types.of_status(418) == ProblemType("about:blank", "I'm a Teapot", 418)


def test_flask_and_our_own_classes_tell_the_same_of_the_same(client: FlaskClient) -> None:
    nowhere = check_problem(client.get("/nowhere"), 404)
    assert nowhere["type"] == URN + "not-found"
    refused = check_problem(client.delete("/health"), 405)
    assert (refused["type"], refused["title"]) == (URN + "method-not-allowed", "Method not allowed")
    broken = check_problem(client.post("/api/chat", data="{", content_type="application/json"), 400)
    assert broken["type"] == URN + "malformed-request"
    invalid = check_problem(client.post("/api/chat", json={}), 422)
    assert (invalid["type"], invalid["title"]) == (URN + "invalid", "Invalid input")
    handshake = check_problem(client.get("/connection/websocket"), 426)
    assert handshake["type"] == URN + "upgrade-required"
