"""A client without manners: it sends what it is told to and answers nothing by itself."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from channels.relay.publish import Publication, publish
from ingress.identity.tokens import visitor_token
from tests.live import Server

opened: list[Raw] = []  # by the test that runs; its end hangs up


class Raw:
    """One socket. With a conversation it says `connect` with a visitor's token for it."""

    def __init__(self, server: Server, conversation: str = "", **how: Any) -> None:
        address = f"{how.pop('scheme', 'ws')}://127.0.0.1:{server.port}/connection/websocket"
        self._ids = count(1)
        self.pushes: list[dict[str, Any]] = []
        self.socket: ClientConnection = connect(
            address, max_size=None, compression=None, proxy=None, close_timeout=1, legacy=True, **how
        )
        opened.append(self)
        if conversation:
            assert "connect" in self.call("connect", token=visitor_token("visitor", conversation))

    def hang_up(self) -> None:
        """Without a goodbye; its thread has ended then."""
        self.socket.close_socket()
        self.socket.recv_events_thread.join(30)

    def call(self, method_: str, /, **params: Any) -> dict[str, Any]:
        """The reply to the command. What is pushed meanwhile is kept."""
        number = next(self._ids)
        self.socket.send(json.dumps({"id": number, method_: params}))
        while (said := self._line()).get("id") != number:
            self.pushes.append(said)
        return said

    def subscribe(self, conversation: str, **params: Any) -> dict[str, Any]:
        """The whole reply."""
        return self.call("subscribe", channel=f"conversation:{conversation}", **params)

    def push(self) -> dict[str, Any]:
        """The next push that is no ping."""
        while True:
            said = self.pushes.pop(0) if self.pushes else self._line()
            if said:
                push: dict[str, Any] = said["push"]
                return push

    def said(self) -> dict[str, Any]:
        """The next line, pings included."""
        return self._line()

    def _line(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.socket.recv(timeout=30))
        return line

    def closed(self) -> tuple[int, str]:
        """Reads until the server closes; the code and the reason."""
        try:
            while True:
                self.socket.recv(timeout=30)
        except ConnectionClosed as end:
            assert end.rcvd is not None
            return end.rcvd.code, end.rcvd.reason


def tell(conversation: str, *numbers: int, **fields: Any) -> None:
    """Publishes one event for each number."""
    topic = f"conversation:{conversation}"
    publish([Publication(topic, {"type": "test", "n": n, **fields}) for n in numbers])


def masked(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    """A client's frame, good or bad."""
    return bytes(Frame(opcode, payload, fin=fin).serialize(mask=True))
