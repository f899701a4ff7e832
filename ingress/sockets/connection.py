"""One socket: a greenlet that reads, a wire that writes, and the deadlines between."""

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
from ingress.sockets.options import Options
from ingress.sockets.protocol import (
    BAD_REQUEST,
    EXPIRED,
    INTERNAL,
    INVALID_TOKEN,
    NO_PONG,
    SLOW,
    STALE,
    Disconnect,
    parse,
)
from ingress.sockets.registry import Registry
from ingress.sockets.subscriptions import Subscription
from ingress.sockets.wire import Wire

_RECEIVE = 64 * 1024
_DISCARD_EVERY = 0.05  # seconds: what comes after a close is thrown away without haste
_log = logging.getLogger(__name__)


class Connection:
    """`principal` is None until the client has said `connect`. `network`: where it comes from, as limits count it."""

    __slots__ = (
        "_budget", "_busy", "_clock", "_cut_at", "_next_ping", "_opened", "_pong_by", "_sock", "_wire", "id",
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
        self._opened = time.monotonic()
        self._budget = Budget(options.commands_per_second, options.commands_at_once)
        self._busy = False
        self._next_ping = self._opened + options.ping_every
        self._pong_by: float | None = None
        self._cut_at: float | None = None

    def run(self) -> None:
        """Reads until the socket ends. Never raises."""
        self._clock.at(self._opened + min(self.options.connect_within, self.options.ping_every), self)
        try:
            self._read()
        except (OSError, ValueError):
            pass  # gone; a TLS socket that was shut down raises ValueError
        finally:
            watch().leave(self)
            self._wire.cut()
            for channel in list(self.subscriptions):
                self.drop(channel)

    def _read(self) -> None:
        """Others get a turn after each piece that was read: a client may send faster than we read, and then reading
        never waits. After a close nothing is parsed; the client only has time to see the close frame and to hang up.
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
        """Does what the client says. True when the client closes."""
        try:
            for said in incoming.feed(data):
                if isinstance(said, CloseConnection):
                    self._wire.end(frames.close(1000 if said.code == 1005 else said.code))
                    return True
                self._handle(said)
                if self._wire.ending:
                    break
        except Disconnect as end:
            self.close(end.code)
        except Exception:  # noqa: BLE001 - logged with its trace; one fault ends nothing else
            _log.exception("A command failed")
            self.close(INTERNAL)
        return False

    def _handle(self, said: str | Event) -> None:
        if isinstance(said, str):
            self._lines(said)
        elif isinstance(said, Ping):
            self.send(frames.pong(bytes(said.payload)))

    def _lines(self, said: str) -> None:
        """The first line is paid for by its frame; each other one, empty or not, costs as much."""
        for number, line in enumerate(said.removesuffix("\n").split("\n")):
            if number:
                self._budget.spend(1)
            if self._wire.ending:
                return
            if line and not line.isspace():
                self._command(line)

    def _command(self, line: str) -> None:
        command = parse(line)
        if command is None:
            self._pong_by = None
        elif self.principal is None and command.method != "connect":
            raise Disconnect(BAD_REQUEST)
        else:
            self._busy = True
            try:
                answer(self, command)
            finally:
                self._busy = False

    def send(self, frame: bytes) -> None:
        """Sends now or soon; a client that lets 1 MiB wait is cut off."""
        if not self._wire.send(frame):
            self.close(SLOW)

    def close(self, code: int) -> None:
        """Sends the close frame and the end of the stream, and gives the client a moment to hang up (RFC 6455, 7.1.1)."""
        if not self._wire.ending:
            self._wire.end(frames.close(code))
            self._cut_at = time.monotonic() + self.options.close_within
            self._clock.at(self._cut_at, self)
            for channel in list(self.subscriptions):
                self.drop(channel)

    def revoke(self, *, outdated: bool) -> None:
        """Closes, since the token is void; a client whose rights have changed comes back with a fresh one."""
        self.close(EXPIRED if outdated else INVALID_TOKEN)

    def drop(self, channel: str) -> None:
        """Ends the subscription, if there is one."""
        subscription = self.subscriptions.pop(channel, None)
        if subscription is not None:
            subscription.leave()

    def tick(self, now: float) -> float | None:
        """Deadlines: see Clock."""
        if self._wire.ending:
            if self._cut_at is not None and now >= self._cut_at:
                self._wire.abort()
            return None
        code = self._overdue(now)
        if code is not None:
            self.close(code)
            return None
        if now >= self._next_ping and self.principal is not None:
            self._next_ping = now + self.options.ping_every
            if self._pong_by is None:
                self._pong_by = now + self.options.pong_within
            self.send(frames.PING)
        return self._next_tick(now)

    def _overdue(self, now: float) -> int | None:
        if self.principal is None:
            return STALE if now >= self._opened + self.options.connect_within else None
        if self.principal.expires + self.options.expired_within <= time.time():
            return EXPIRED
        return NO_PONG if self._pong_by is not None and now >= self._pong_by and not self._busy else None

    def _next_tick(self, now: float) -> float:
        if self.principal is None:
            return self._opened + self.options.connect_within
        left = self.principal.expires + self.options.expired_within - time.time()
        return min(self._next_ping, self._pong_by or self._next_ping, now + left)
