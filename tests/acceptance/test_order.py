"""Order and sameness: one conversation written to by many at once, and one webhook delivered ten times at once."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook

from tests.acceptance import seen, stored
from tests.acceptance.clients import Follower, Sender, visitors
from tests.program import Program

MESSAGES, CONNECTIONS = 200, 10
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with Program(INBOUND_SECRET_SHOP=SECRET) as started:
        yield started


def test_two_hundred_at_once_into_one_conversation(program: Program) -> None:
    asyncio.run(_two_hundred(program))


async def _two_hundred(program: Program) -> None:
    (visitor,) = await visitors(program.url, 1)
    senders = [Sender(program.url, visitor) for _ in range(CONNECTIONS)]
    follower = Follower(program, visitor)
    numbers = iter(range(MESSAGES))

    async def write(sender: Sender) -> None:
        for number in numbers:
            await sender.send(f"number {number}")

    try:
        await follower.ready()
        await asyncio.gather(*map(write, senders))
        acknowledged = {id_: content for sender in senders for id_, content in sender.acknowledged.items()}
        assert len(acknowledged) == MESSAGES
        url = program.settings.database_url
        async with asyncio.timeout(60):
            while not stored.answered(url, [visitor.id], MESSAGES):
                await asyncio.sleep(0.1)
            rows = stored.check_each_once(url, {visitor.id: acknowledged})
            while not seen.complete(follower, rows):
                await asyncio.sleep(0.1)
        seen.check_each_once(follower, rows)
    finally:
        for sender in senders:
            sender.hang_up()
        await follower.close()


def test_ten_identical_webhooks_at_once(program: Program) -> None:
    with httpx.Client(timeout=40, trust_env=False) as http:
        body = json.dumps({"text": "Where is my order?", "sender": "customer-7"})
        id_, now = f"evt_{uuid.uuid4().hex}", datetime.now(UTC)
        headers = {
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(id_, now, body),
            "content-type": "application/json",
        }
        address = f"{program.url}/webhooks/in/shop"
        with ThreadPoolExecutor(10) as pool:
            asked = [pool.submit(http.post, address, content=body, headers=headers) for _ in range(10)]
            responses = [one.result() for one in asked]
        assert {response.status_code for response in responses} == {202}
        told = {(r.json()["message_id"], r.json()["conversation_id"]) for r in responses}
        assert len(told) == 1
        message, conversation = told.pop()
        url = program.settings.database_url
        program.wait_until(lambda: stored.answered(url, [conversation], 1), 30, "answered")
        rows = stored.check_each_once(url, {conversation: {message: "Where is my order?"}})
        assert len(rows) == 2
