"""Who asked for a person, and why: operators are shown it, the person's side is not, and no log has it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flask.testing import FlaskClient

from ingress.app import socket_registry
from ingress.identity.tokens import verify
from models.accounts.api_keys import WRITE
from models.accounts.roles import OPERATE
from models.store.redis import redis
from tests.ingress.conftest import Visitor, check_problem
from tests.ingress.conversations.test_users import opened
from tests.ingress.identity.account import Account, api_key, signed_in

REASON = "My order 4711 never came"


@pytest.fixture
def operator(client: FlaskClient) -> Account:
    return signed_in(client, permissions=[OPERATE])


def ask(visitor: Visitor, **body: Any) -> dict[str, Any]:
    response = visitor.client.post(f"/api/conversations/{visitor.id}/handoff", json=body, headers=visitor.headers)
    assert response.status_code == 200, response.text
    answered: dict[str, Any] = response.get_json()
    return answered


def seen_by(operator: Account, conversation_id: str) -> dict[str, Any] | None:
    """The hand-off as an operator is shown it, in the conversation and in the list."""
    one = operator.get(f"/api/conversations/{conversation_id}").get_json()
    listed = operator.get("/api/conversations?limit=200").get_json()["items"]
    assert one in listed
    handoff: dict[str, Any] | None = one["handoff"]
    return handoff


def test_an_operator_is_told_and_the_visitor_is_not(visitor: Visitor, operator: Account) -> None:
    assert seen_by(operator, visitor.id) is None
    answered = ask(visitor, reason=REASON)
    assert seen_by(operator, visitor.id) == {"by": "contact", "reason": REASON}
    told = [fields["d"] for _, fields in redis().xrange(f"relay:stream:conversation:{visitor.id}")]
    everything = [answered, visitor.get().get_json(), visitor.get("/messages").get_json(), told]
    assert [json.loads(event)["conversation"]["state"] for event in told] == ["waiting"]
    assert "4711" not in json.dumps(everything)
    assert "handoff" not in json.dumps(everything)


def test_the_wish_is_over_when_the_conversation_is(visitor: Visitor, operator: Account) -> None:
    ask(visitor, reason=REASON)
    again = visitor.client.post(
        f"/api/conversations/{visitor.id}/handoff", json={"reason": "impatient"}, headers=visitor.headers
    )
    check_problem(again, 409)
    assert seen_by(operator, visitor.id) == {"by": "contact", "reason": REASON}
    visitor.client.post(f"/api/conversations/{visitor.id}/close", headers=visitor.headers)
    assert seen_by(operator, visitor.id) is None


@pytest.mark.parametrize("reason", [None, "", " \n", "\u200b"])
def test_no_reason_is_none(visitor: Visitor, operator: Account, reason: str | None) -> None:
    ask(visitor, reason=reason)
    assert seen_by(operator, visitor.id) == {"by": "contact", "reason": None}


@pytest.mark.parametrize("reason", ["x" * 501, "\0", 5, ["x"]])
def test_a_reason_that_does_not_fit_is_refused(visitor: Visitor, reason: Any) -> None:
    path = f"/api/conversations/{visitor.id}/handoff"
    check_problem(visitor.client.post(path, json={"reason": reason}, headers=visitor.headers), 422)
    assert visitor.get().get_json()["state"] == "agent"


def test_a_user_and_a_program_of_theirs_ask_as_the_user(client: FlaskClient, operator: Account) -> None:
    ann = signed_in(client)
    for headers in (ann.headers, api_key(ann, WRITE)):
        mine = opened(client, ann.headers)["id"]
        client.post(f"/api/conversations/{mine}/handoff", json={"reason": REASON}, headers=headers)
        assert seen_by(operator, mine) == {"by": "user", "reason": REASON}


def test_the_socket_asks_and_closes_like_the_routes(visitor: Visitor, operator: Account) -> None:
    principal = verify(visitor.token)

    def call(method: str, **data: Any) -> Any:
        return socket_registry().methods.call(
            principal, {"method": method, "data": {"conversation_id": visitor.id, **data}}
        )

    answered = call("conversation.handoff", reason=REASON)["data"]["conversation"]
    assert answered == visitor.get().get_json()
    assert answered["state"] == "waiting"
    assert seen_by(operator, visitor.id) == {"by": "contact", "reason": REASON}
    assert call("conversation.close")["data"]["conversation"]["state"] == "closed"


def test_no_log_has_it(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(visitor, reason=REASON)
    assert "4711" not in caplog.text
