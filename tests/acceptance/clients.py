"""Clients as they are in the field: one that sends until it is told 202, and a socket that comes back where it was."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.bench.load import Http, Visitor, request, visitors
from tests.program import Program

__all__ = ["Follower", "Sender", "Visitor", "visitors"]

PATIENCE = 15.0  # seconds for one answer of the server: longer than its own time-outs
AWAY = (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError, StopIteration, RuntimeError)


@dataclass(eq=False)
class Sender:
    """Sends one message after the other of a conversation. What was not acknowledged is sent again with its key."""

    url: str
    visitor: Visitor
    acknowledged: dict[str, str] = field(default_factory=dict)  # message id → content, as the client counts them
    again: int = 0  # sends without an acknowledgement
    statuses: set[int] = field(default_factory=set)
    _http: Http | None = None

    async def send(self, content: str) -> str:
        """Sends until it is acknowledged. Returns the message's id."""
        body = {"content": content, "client_message_id": str(uuid.uuid4())}
        raw = request("POST", f"/api/conversations/{self.visitor.id}/messages", body, self.visitor.token)
        while not (id_ := await self._tried(raw)):
            self.again += 1
            await asyncio.sleep(0.1)
        assert self.acknowledged.setdefault(id_, content) == content, "one id for two messages"
        return id_

    async def _tried(self, raw: bytes) -> str | None:
        try:
            if self._http is None:
                self._http = await asyncio.wait_for(Http(self.url).open(), PATIENCE)
            status, body = await asyncio.wait_for(self._http.send(raw), PATIENCE)
        except AWAY:
            self.hang_up()
            return None
        self.statuses.add(status)
        return str(json.loads(body)["message_id"]) if status == 202 else None

    def hang_up(self) -> None:
        """Closes the connection; the next send opens another."""
        if self._http is not None:
            self._http.close()
            self._http = None


@dataclass(eq=False)
class Follower:
    """A socket on one conversation. It comes back with (epoch, offset), and drops what it has by offset alone."""

    program: Program
    visitor: Visitor
    events: list[dict[str, Any]] = field(default_factory=list)  # with an offset, in the order they came
    passing: list[dict[str, Any]] = field(default_factory=list)  # without: deltas, typing
    faults: list[str] = field(default_factory=list)
    epoch: str = ""
    offset: int = 0
    joined: int = 0

    def __post_init__(self) -> None:
        self._socket: ClientConnection | None = None
        self._ids = 10
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.task = asyncio.create_task(self._follow())

    async def ready(self) -> None:
        """Waits until it follows."""
        async with asyncio.timeout(60):
            while not self.joined:
                assert not self.task.done(), self.faults
                await asyncio.sleep(0.01)

    async def rpc(self, method: str, **data: Any) -> dict[str, Any]:
        """The reply to a command."""
        assert self._socket is not None
        self._ids += 1
        reply = self._replies[self._ids] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": self._ids, "rpc": {"method": method, "data": data}}))
        return await asyncio.wait_for(reply, PATIENCE)

    def cut(self) -> None:
        """The network breaks: no goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def close(self) -> None:
        """Hangs up for good."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    async def _follow(self) -> None:
        while True:
            with suppress(OSError, TimeoutError, WebSocketException):
                address = self.program.websocket_url
                async with connect(address, proxy=None, compression=None, open_timeout=PATIENCE) as socket:
                    self._socket = socket
                    await self._talk(socket)
            self._socket = None
            await asyncio.sleep(0.1)

    async def _talk(self, socket: ClientConnection) -> None:
        where = {"recover": True, "epoch": self.epoch, "offset": self.offset} if self.epoch else {}
        subscribe = {"id": 2, "subscribe": {"channel": f"conversation:{self.visitor.id}", **where}}
        connect_ = {"id": 1, "connect": {"token": self.visitor.token}}
        await socket.send(json.dumps(connect_) + "\n" + json.dumps(subscribe))
        async for text in socket:
            for line in str(text).splitlines():
                said = json.loads(line)
                if not said:
                    await socket.send("{}")
                elif "error" in said and said["id"] <= 2:
                    return
                else:
                    self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        if (reply := self._replies.pop(said.get("id", 0), None)) is not None:
            if not reply.done():
                reply.set_result(said)
        elif "subscribe" in said:
            self._joined(said["subscribe"])
        elif "pub" in said.get("push", {}):
            self._take(said["push"]["pub"])

    def _joined(self, reply: dict[str, Any]) -> None:
        if self.epoch and not reply.get("recovered"):
            self.faults.append(f"not recovered at {self.epoch}:{self.offset}: {reply}")
        if not self.epoch or not reply.get("recovered"):
            self.offset = reply.get("offset", 0)
        self.epoch = reply["epoch"]
        for publication in reply.get("publications", ()):
            self._take(publication)
        self.joined += 1

    def _take(self, publication: dict[str, Any]) -> None:
        offset = publication.get("offset", 0)
        if not offset:
            self.passing.append(publication["data"])
        elif offset > self.offset:
            if offset != self.offset + 1:
                self.faults.append(f"{offset} came behind {self.offset}")
            self.offset = offset
            self.events.append(publication["data"])
