"""The peer: FastAPI with its WebSockets under uvicorn, which sends each publication of one Redis topic to everyone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import redis.asyncio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect  # type: ignore[import-not-found,unused-ignore]

everyone: set[WebSocket] = set()


async def _relay() -> None:
    pubsub = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"]).pubsub()
    await pubsub.subscribe("relay:peer")
    async for message in pubsub.listen():
        if message["type"] == "message":
            text = message["data"].decode().split(":", 2)[2]
            for socket in list(everyone):
                with suppress(RuntimeError, WebSocketDisconnect):
                    await socket.send_text(text)


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    relay = asyncio.create_task(_relay())
    yield
    relay.cancel()


app = FastAPI(lifespan=_lifespan)


@app.websocket("/connection/websocket")  # type: ignore[untyped-decorator,unused-ignore]
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    everyone.add(websocket)
    try:
        while True:
            await websocket.receive_text()
            await websocket.send_text("{}")
    except WebSocketDisconnect:
        pass
    finally:
        everyone.discard(websocket)
