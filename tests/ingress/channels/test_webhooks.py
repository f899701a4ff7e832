"""The signed webhook: verified on raw bytes, the same id once, and every garbage 401."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from models import ledger
from tests.ingress.conftest import SECRET, Started, check_problem

OLD = "whsec_" + "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xk"


def signed(raw: bytes, webhook_id: str = "msg_1", secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign(webhook_id, at, raw.decode())
    stamp = str(int(at.timestamp()))
    return {"webhook-id": webhook_id, "webhook-timestamp": stamp, "webhook-signature": signature}


def post(client: FlaskClient, body: Any, source: str = "shop", **how: Any) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = how.pop("headers", None) or signed(raw, **how)
    return client.post(f"/webhooks/in/{source}", data=raw, headers=headers, content_type="application/json")


def test_ten_identical_webhooks_at_once_are_one_message(client: FlaskClient) -> None:
    before = ledger.depth()
    with ThreadPoolExecutor(10) as pool:
        told = list(
            pool.map(lambda _: post(client.application.test_client(), {"text": "hi", "sender": "ann"}), range(10))
        )
    assert {r.status_code for r in told} == {202}
    assert len({r.get_data() for r in told}) == 1
    assert set(told[0].get_json()) == {"message_id", "conversation_id"}
    assert ledger.depth() == before + 1


def test_a_sender_keeps_their_conversation_and_strangers_cannot_name_it(client: FlaskClient) -> None:
    ann = [post(client, {"text": "hi", "sender": "a"}, webhook_id=f"m{n}").get_json() for n in range(2)]
    bob = post(client, {"text": "hi", "sender": "b"}, webhook_id="m2").get_json()
    assert ann[0]["conversation_id"] == ann[1]["conversation_id"] != bob["conversation_id"]
    named = {"text": "x", "sender": "a", "conversation": ann[0]["conversation_id"]}
    assert post(client, named, webhook_id="m3").get_json()["conversation_id"] == ann[0]["conversation_id"]
    check_problem(post(client, named | {"sender": "b"}, webhook_id="m4"), 404)
    check_problem(post(client, named | {"conversation": "unknown"}, webhook_id="m5"), 404)


def test_the_old_secret_is_good_until_it_is_taken_away(started: Started) -> None:
    both = started(INBOUND_SECRET_SHOP=f"{SECRET},{OLD}")
    assert post(both, {"text": "x"}, secret=OLD, webhook_id="o1").status_code == 202
    assert post(both, {"text": "x"}, secret=SECRET, webhook_id="o2").status_code == 202
    check_problem(post(started(INBOUND_SECRET_SHOP=SECRET), {"text": "x"}, secret=OLD, webhook_id="o3"), 401)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-signature": "v1"}, {"webhook-signature": "v1,a"}, {"webhook-signature": "v1,é"},
        {"webhook-signature": ""}, {"webhook-signature": "v2,abc="}, {"webhook-timestamp": "soon"},
        {"webhook-timestamp": ""}, {"webhook-timestamp": "1e9"}, {"webhook-timestamp": str(int(time.time()) - 3600)},
        {"webhook-id": "another"}, {"webhook-id": ""},
    ],
)  # fmt: skip
def test_whatever_is_wrong_with_a_signature_is_401(client: FlaskClient, changes: dict[str, str]) -> None:
    raw = b'{"text":"x"}'
    check_problem(post(client, raw, headers=signed(raw) | changes), 401)


def test_no_headers_another_body_another_source_and_old_stamps_are_401(client: FlaskClient) -> None:
    raw = b'{"text":"x"}'
    check_problem(post(client, raw, headers={"X-Nothing": "1"}), 401)
    check_problem(post(client, b'{"text":"y"}', headers=signed(raw)), 401)
    check_problem(post(client, raw, source="bank"), 401)
    check_problem(post(client, b"\xff\xfe", headers=signed(raw)), 401)
    check_problem(post(client, raw, at=datetime.fromtimestamp(time.time() - 900, UTC)), 401)


def test_a_signed_body_must_still_make_sense(client: FlaskClient) -> None:
    check_problem(post(client, b"{", webhook_id="s1"), 400)
    check_problem(post(client, [], webhook_id="s2"), 422)
    check_problem(post(client, {"text": ""}, webhook_id="s3"), 422)
    check_problem(post(client, {"words": "x"}, webhook_id="s4"), 422)
    assert post(client, {"text": "x", "more": {"of": "it"}}, webhook_id="s5").status_code == 202


def test_what_cannot_be_stored_becomes_a_replacement_character(client: FlaskClient) -> None:
    told = post(client, b'{"text": "a\\u0000b\\ud800c", "sender": "odd"}', webhook_id="odd").get_json()
    found = ledger.find(told["conversation_id"], told["message_id"])
    assert found is not None
    assert found.inbound.content == "a\ufffdb\ufffdc"


def test_a_sender_beyond_the_limit_is_answered_later_not_refused(started: Started) -> None:
    client = started(RATELIMIT_ENABLED="true", RATELIMIT_SENDER="2")
    told = [post(client, {"text": "x", "sender": "busy"}, webhook_id=f"b{n}") for n in range(4)]
    assert {r.status_code for r in told} == {202}
    last = told[-1].get_json()
    entry = ledger.find(last["conversation_id"], last["message_id"])
    assert entry is not None
    assert entry.answer_after > entry.sequence + 50_000_000
