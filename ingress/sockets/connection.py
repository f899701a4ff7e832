"""One socket: a greenlet that reads, a wire that writes, and deadlines."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any

from wsproto.events import CloseConnection, Event, Ping

from ingress.identity.principal import Principal
from ingress.identity.watching import watch
from ingress.sockets import frames
from ingress.sockets.budget import Budget
from ingress.sockets.clock import Clock
from ingress.sockets.commands import answer
from ingress.sockets.deadlines import Deadlines
from ingress.sockets.options import Options
from ingress.sockets.protocol import BAD_REQUEST, EXPIRED, INTERNAL, INVALID_TOKEN, SLOW, Disconnect, parse
from ingress.sockets.registry import Registry
from ingress.sockets.subscriptions import Subscription
from ingress.sockets.wire import Wire

_RECEIVE = 64 * 1024
_DISCARD_EVERY = 0.05  # seconds between two reads after a close, whose data are thrown away
_log = logging.getLogger(__name__)


class Connection:
    """A client's socket. `principal` is None until the client has sent `connect`; `network` is the client's, for limits."""

    __slots__ = (
        "_budget", "_busy", "_clock", "_cut_at", "_deadlines", "_sock", "_wire", "id",
        "network", "options", "principal", "registry", "subscriptions",
    )  # fmt: skip

    def __init__(self, sock: Any, options: Options, registry: Registry, clock: Clock, network: str) -> None:
        self.id = str(uuid.uuid4())
        self.options = options
        self.registry = registry
        self.network = network
        self.principal: Principal | None = None
        self.subscriptions: dict[str, Subscription] = {}
        self._sock = sock
        self._wire = Wire(sock, options.outbox_max)
        self._clock = clock
        self._deadlines = Deadlines(options)
        self._budget = Budget(options.commands_per_second, options.commands_at_once)
        self._busy = False
        self._cut_at: float | None = None

    def run(self) -> None:
        """Reads until the socket ends. Never raises."""
        self._clock.at(self._deadlines.first, self)
        try:
            self._read()
        except (OSError, ValueError):
            pass  # the client is gone; a TLS socket that was shut down raises ValueError
        finally:
            watch().leave(self)
            self._wire.cut()
            for channel in list(self.subscriptions):
                self.drop(channel)

    def _read(self) -> None:
        """Reads until the socket ends, and yields to others after each piece: a client may send faster than we read, and
        then reading never blocks. After a close nothing is parsed; the client only has time to see the close frame and
        hang up.
        """
        incoming = frames.Incoming(self.options.frame_max, self._budget.spend)
        while data := self._sock.recv(_RECEIVE):
            if self._wire.gone:
                return
            if self._wire.ending:
                time.sleep(_DISCARD_EVERY)
            elif self._ends_with(incoming, data):
                return
            else:
                time.sleep(0)

    def _ends_with(self, incoming: frames.Incoming, data: bytes) -> bool:
        """Handles the client's messages. True when the client closes."""
        try:
            for message in incoming.feed(data):
                if isinstance(message, CloseConnection):
                    self._wire.end(frames.close(1000 if message.code == 1005 else message.code))
                    return True
                self._handle(message)
                if self._wire.ending:
                    break
        except Disconnect as end:
            self.close(end.code)
        except Exception:  # noqa: BLE001 - logged with its trace; only this socket closes
            _log.exception("A command failed")
            self.close(INTERNAL)
        return False

    def _handle(self, message: str | Event) -> None:
        if isinstance(message, str):
            self._lines(message)
        elif isinstance(message, Ping):
            self.send(frames.pong(bytes(message.payload)))

    def _lines(self, text: str) -> None:
        """Handles a frame's lines. The frame pays for the first line; each further line costs as much, even if empty."""
        for number, line in enumerate(text.removesuffix("\n").split("\n")):
            if number:
                self._budget.spend(1)
            if self._wire.ending:
                return
            if line and not line.isspace():
                self._command(line)

    def _command(self, line: str) -> None:
        command = parse(line)
        if command is None:
            self._deadlines.note_pong()
        elif self.principal is None and command.method != "connect":
            raise Disconnect(BAD_REQUEST)
        else:
            self._busy = True
            try:
                answer(self, command)
            finally:
                self._busy = False

    def send(self, frame: bytes) -> None:
        """Sends the frame now or soon. A client that lets 1 MiB wait is cut off."""
        if not self._wire.send(frame):
            self.close(SLOW)

    def close(self, code: int) -> None:
        """Sends the close frame and the end of the stream, then gives the client a moment to hang up (RFC 6455, 7.1.1)."""
        if not self._wire.ending:
            self._wire.end(frames.close(code))
            self._cut_at = time.monotonic() + self.options.close_within
            self._clock.at(self._cut_at, self)
            for channel in list(self.subscriptions):
                self.drop(channel)

    def revoke(self, *, outdated: bool) -> None:
        """Closes, since the token is void. A client whose rights have changed returns with a fresh token."""
        self.close(EXPIRED if outdated else INVALID_TOKEN)

    def drop(self, channel: str) -> None:
        """Ends the subscription, if there is one."""
        subscription = self.subscriptions.pop(channel, None)
        if subscription is not None:
            subscription.leave()

    def tick(self, now: float) -> float | None:
        """Acts on deadlines that have passed. Returns the next one: see Clock."""
        if self._wire.ending:
            if self._cut_at is not None and now >= self._cut_at:
                self._wire.abort()
            return None
        code = self._deadlines.overdue(now, self.principal, busy=self._busy)
        if code is not None:
            self.close(code)
            return None
        if self.principal is not None and self._deadlines.is_ping_due(now):
            self.send(frames.PING)
        return self._deadlines.next(now, self.principal)
