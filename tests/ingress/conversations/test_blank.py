"""A message in which nobody sees anything is refused wherever its author hears of it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from ingress.app import socket_registry
from ingress.identity.tokens import verify
from ingress.sockets.protocol import Refused
from models import ledger
from tests.ingress.channels.test_webhooks import post
from tests.ingress.conftest import Visitor, check_problem
from tests.models.test_texts import BLANK, VISIBLE

REASON = "must contain a visible character"


@pytest.mark.parametrize("content", [text for text in BLANK if text])
def test_a_blank_message_is_refused_at_every_door(client: FlaskClient, visitor: Visitor, content: str) -> None:
    before = ledger.depth()
    problem = check_problem(visitor.send(content), 422)
    assert problem["errors"] == [{"field": "content", "reason": REASON}]
    said = {"message": {"content": content}, "conversation_id": visitor.id}
    problem = check_problem(client.post("/api/chat", json=said, headers=visitor.headers), 422)
    assert problem["errors"] == [{"field": "message.content", "reason": REASON}]
    check_problem(client.post("/api/chat", json={"message": {"content": content}}), 422)
    check_problem(post(client, {"text": content}, webhook_id=f"blank-{content!a}"), 422)
    params = {"method": "message.send", "data": {"conversation_id": visitor.id, "content": content}}
    with pytest.raises(Refused) as refused:
        socket_registry().methods.call(verify(visitor.token), params)
    assert (refused.value.error["code"], refused.value.error["message"]) == (422, f"content: {REASON}")
    assert ledger.depth() == before


@pytest.mark.parametrize("content", VISIBLE)
def test_whatever_can_be_seen_is_accepted(visitor: Visitor, content: str) -> None:
    assert visitor.send(content).status_code == 202
