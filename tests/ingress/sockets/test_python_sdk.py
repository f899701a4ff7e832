"""centrifuge-python, the official client, is a conformance test."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from centrifuge import (
    CentrifugeError,
    Client,
    PublicationContext,
    SubscribedContext,
    SubscriptionEventHandler,
    UnsubscribedContext,
)

from ingress.identity.tokens import visitor_token
from tests.ingress.sockets.raw import tell
from tests.ingress.sockets.server_fixtures import Serve
from tests.live import Redis, Server


class Follows(SubscriptionEventHandler):  # type: ignore[misc]
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[Any] = asyncio.Queue()
        self.subscribed: asyncio.Queue[SubscribedContext] = asyncio.Queue()
        self.unsubscribed: asyncio.Queue[UnsubscribedContext] = asyncio.Queue()

    async def on_publication(self, ctx: PublicationContext) -> None:
        self.seen.put_nowait(ctx.pub.data)

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        self.subscribed.put_nowait(ctx)

    async def on_unsubscribed(self, ctx: UnsubscribedContext) -> None:
        self.unsubscribed.put_nowait(ctx)

    async def numbers(self, count: int) -> list[int]:
        return [(await asyncio.wait_for(self.seen.get(), 60))["n"] for _ in range(count)]


async def _join(server: Server, conversation: str) -> tuple[Client, Follows, SubscribedContext]:
    address = f"ws://127.0.0.1:{server.port}/connection/websocket"
    client = Client(address, token=visitor_token("v", conversation), max_reconnect_delay=0.3, proxy=None)
    await client.connect()
    follows = Follows()
    await client.new_subscription(f"conversation:{conversation}", follows, recoverable=True).subscribe()
    return client, follows, await asyncio.wait_for(follows.subscribed.get(), 30)


def _run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(_to_its_end(scenario))


async def _to_its_end(scenario: Coroutine[Any, Any, None]) -> None:
    await asyncio.wait_for(scenario, 120)
    if left := asyncio.all_tasks() - {asyncio.current_task()}:  # the client closes its connection in one of its own
        await asyncio.wait(left, timeout=30)


def test_it_sends_and_receives(shared: Server, conversation: str) -> None:
    async def scenario() -> None:
        client, follows, _ = await _join(shared, conversation)
        sent = {"conversation_id": conversation, "content": "🙂" * 16000}
        result = await client.rpc("message.send", sent)
        event = await asyncio.wait_for(follows.seen.get(), 30)
        assert event["message"] == {"id": result.data["message_id"], "content": "🙂" * 16000}
        with pytest.raises(CentrifugeError, match="Conflict"):
            await client.rpc("conflict", {})
        await client.disconnect()

    _run(scenario())


def test_it_recovers_when_the_server_was_killed(serve: Serve, conversation: str) -> None:
    server = serve()

    async def scenario() -> None:
        client, follows, _ = await _join(server, conversation)
        tell(conversation, 1, 2)
        assert await follows.numbers(2) == [1, 2]
        server.kill()
        tell(conversation, 3, 4)
        await asyncio.to_thread(server.start)
        again = await asyncio.wait_for(follows.subscribed.get(), 60)
        assert again.recovered
        tell(conversation, 5)
        assert await follows.numbers(3) == [3, 4, 5]
        await client.disconnect()

    _run(scenario())


def test_it_goes_on_when_redis_was_killed(serve: Serve, redis_process: Redis, conversation: str) -> None:
    server = serve()

    async def scenario() -> None:
        client, follows, _ = await _join(server, conversation)
        tell(conversation, 1)
        redis_process.kill()
        await asyncio.to_thread(redis_process.start)
        tell(conversation, 2)
        assert await follows.numbers(2) == [1, 2]
        await client.disconnect()

    _run(scenario())


def test_it_learns_that_a_wiped_history_cannot_be_recovered(
    redis_process: Redis, shared: Server, conversation: str
) -> None:
    from models.store.redis import redis

    async def scenario() -> None:
        client, follows, first = await _join(shared, conversation)
        tell(conversation, 1)
        assert await follows.numbers(1) == [1]
        redis().flushall()
        tell(conversation, 2)
        again = await asyncio.wait_for(follows.subscribed.get(), 60)
        assert (first.was_recovering, again.was_recovering, again.recovered) == (False, True, False)
        tell(conversation, 3)
        assert await follows.numbers(1) == [3]
        await client.disconnect()

    _run(scenario())


def test_it_is_refused_what_is_anothers(shared: Server, conversation: str) -> None:
    async def scenario() -> None:
        client, _, _ = await _join(shared, conversation)
        follows = Follows()
        await client.new_subscription("conversation:another", follows).subscribe()
        refused = await asyncio.wait_for(follows.unsubscribed.get(), 30)
        assert (refused.code, refused.reason) == (103, "permission denied")
        await client.disconnect()

    _run(scenario())


def test_it_answers_pings(serve: Serve, conversation: str) -> None:
    server = serve(ping_every=0.5, pong_within=3)

    async def scenario() -> None:
        client, follows, _ = await _join(server, conversation)
        with pytest.raises(TimeoutError):  # a mute one would have been sent away, and come back
            await asyncio.wait_for(follows.subscribed.get(), 4)
        tell(conversation, 1)
        assert await follows.numbers(1) == [1]
        await client.disconnect()

    _run(scenario())
