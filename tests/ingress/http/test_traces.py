"""Every response tells the trace id of its request, and what follows from the request keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder

from ingress.http.traces import Traces
from models import ledger
from models.conversations.messages import Message, id_of_reply
from models.logs import context
from models.store.database import reading
from tests.ingress.channels.test_webhooks import post
from tests.ingress.conftest import Visitor
from tests.ingress.stages import answered

TRACE, OTHER = "4bf92f3577b34da6a3ce929d0e0e4736", "c0ffee00c0ffee00c0ffee00c0ffee00"
NEW = re.compile("[0-9a-f]{32}")


def traceparent(trace_id: str = TRACE) -> dict[str, str]:
    return {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}


def trace_of(message_id: str) -> str | None:
    with reading() as db:
        return db.get_one(Message, message_id).trace_id


@pytest.mark.parametrize("path", ["/health", "/api/conversations", "/nothing", "/docs"])
def test_a_valid_traceparent_names_the_trace(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=traceparent()).headers.getlist("Trace-Id") == [TRACE]


def test_without_a_valid_one_each_request_has_a_new_trace(client: FlaskClient) -> None:
    bad = [
        {},
        {"traceparent": TRACE},
        {"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"},
        traceparent(TRACE.upper()),
    ]
    told = [client.get("/health", headers=headers).headers["Trace-Id"] for headers in (*bad, *bad)]
    assert all(NEW.fullmatch(one) for one in told)
    assert len(set(told)) == 8 and TRACE not in told


def test_the_entry_the_message_and_its_reply_keep_it(visitor: Visitor) -> None:
    message_id = visitor.send("What is Switchboard?", headers=traceparent()).get_json()["message_id"]
    entry = ledger.find(visitor.id, message_id)
    assert entry is not None and entry.inbound.trace_id == TRACE
    answered(visitor.id)
    assert [trace_of(id_) for id_ in (message_id, id_of_reply(message_id))] == [TRACE, TRACE]


def test_a_repeat_leaves_the_first_trace(visitor: Visitor) -> None:
    first, again = (visitor.send("hi", client_message_id="once", headers=traceparent(one)) for one in (TRACE, OTHER))
    assert first.get_json() == again.get_json()
    assert again.headers["Trace-Id"] == OTHER
    answered(visitor.id)
    assert trace_of(first.get_json()["message_id"]) == TRACE


def test_a_webhook_has_one_too(client: FlaskClient) -> None:
    told = post(client, {"text": "hi", "sender": "traced"}, webhook_id="traced")
    entry = ledger.find(told.get_json()["conversation_id"], told.get_json()["message_id"])
    assert entry is not None and entry.inbound.trace_id == told.headers["Trace-Id"]


def test_a_client_of_another_origin_may_read_it(started: Any) -> None:
    client = started(CORS_ORIGINS="https://shop.example")
    exposed = client.get("/health", headers={"Origin": "https://shop.example"}).headers["Access-Control-Expose-Headers"]
    assert "Trace-Id" in exposed


def _serve(body: Iterable[bytes]) -> Iterable[bytes]:
    def app(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return body

    environ = EnvironBuilder(headers=list(traceparent().items())).get_environ()
    return Traces(app)(environ, lambda *_: None)


def test_nothing_is_traced_after_the_body_and_an_error_in_it_is(client: FlaskClient) -> None:
    assert list(_serve([b"one", b"two"])) == [b"one", b"two"]
    assert context.trace_id() is None

    def failing() -> Iterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(_serve(failing()))
    assert context.trace_id() == TRACE
    context.end()
