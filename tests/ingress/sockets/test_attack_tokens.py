"""Words on a socket that Python's codecs or numbers choke on: a refusal, and no fault of ours (3004, which repeats)."""

from __future__ import annotations

import json

import pytest
from jwt.utils import base64url_encode

from tests.ingress.sockets.raw import Raw
from tests.live import Server


def part(text: str) -> str:
    return base64url_encode(text.encode()).decode()


@pytest.mark.parametrize("claims", ['{"exp":' + "9" * 400 + "}", '{"exp":1e999}', '{"a":' + "[" * 90_000, "[" * 90_000])
def test_a_token_with_odd_claims_is_invalid(shared: Server, claims: str) -> None:
    client = Raw(shared)
    token = f"{part(json.dumps({'alg': 'HS256', 'kid': 'x'}))}.{part(claims)}.eA"
    client.socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
    assert client.closed() == (3500, "invalid token")
    assert "Traceback" not in shared.log()


@pytest.mark.parametrize("epoch", ["\\ud800", "é", "👩"])
def test_an_epoch_that_no_stream_has(shared: Server, conversation: str, epoch: str) -> None:
    """Ours are hexadecimal."""
    client = Raw(shared, conversation)
    said = '{"id":2,"subscribe":{"channel":"conversation:%s","recover":true,"epoch":"%s","offset":1}}'
    client.socket.send(said % (conversation, epoch))
    assert client.closed() == (3501, "bad request")
    assert "Traceback" not in shared.log()
