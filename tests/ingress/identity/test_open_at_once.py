"""What one user or visitor has open at a time: sockets, event streams and waiting requests together."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from channels import web
from ingress.identity import watching
from ingress.identity.principal import Principal
from ingress.identity.tokens import verify
from ingress.streams.sse import event_stream
from models import ledger
from tests.ingress.conftest import Started, Visitor, check_problem
from tests.ingress.conversations.test_users import opened
from tests.ingress.identity.account import signed_in


@pytest.fixture
def limited(started: Started) -> FlaskClient:
    return started(RATELIMIT_ENABLED="true", RATELIMIT_USER="1000", RATELIMIT_CONVERSATION="1000")


@contextlib.contextmanager
def as_many_as_allowed(principal: Principal, topic: str) -> Iterator[None]:
    with contextlib.ExitStack() as kept:
        for _ in range(watching.OPEN_AT_ONCE):
            kept.callback(event_stream(topic, principal=principal).close)
        yield


def test_one_more_is_429_until_another_is_closed(limited: FlaskClient) -> None:
    visitor = Visitor(limited)
    before = ledger.depth()
    with as_many_as_allowed(verify(visitor.token), web.topic_of(visitor.id)):
        refused = visitor.get("/events")
        check_problem(refused, 429)
        assert int(refused.headers["Retry-After"]) > 0
        for how in ({"Prefer": "wait=5"}, {"Accept": "text/event-stream"}):
            check_problem(visitor.send(headers=how), 429)
        assert ledger.depth() == before  # nothing is accepted by a call that is refused
        assert visitor.send().status_code == 202  # whoever does not wait holds nothing
        other = Visitor(limited).get("/events")
        assert other.status_code == 200
        other.close()
    response = visitor.get("/events")
    assert response.status_code == 200
    response.close()


def test_operators_may_have_any_number(limited: FlaskClient) -> None:
    operator = signed_in(limited, permissions=["operate"])
    conversation = opened(limited, operator.headers)["id"]
    with as_many_as_allowed(operator.principal, web.topic_of(conversation)):
        response = operator.get(f"/api/conversations/{conversation}/events")
        assert response.status_code == 200
        response.close()
