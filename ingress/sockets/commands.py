"""The commands of the protocol, and what each one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingress.http import refusals
from ingress.identity import revoked
from ingress.identity.principal import Principal
from ingress.identity.revoked import Outdated
from ingress.identity.watching import watch
from ingress.sockets import frames
from ingress.sockets.authentication import identify, lifetime
from ingress.sockets.protocol import (
    ALREADY,
    BAD_REQUEST,
    CONNECTION_LIMIT,
    DENIED,
    ERROR_INTERNAL,
    EXPIRED,
    INVALID_TOKEN,
    LIMIT,
    NOT_AVAILABLE,
    UNAVAILABLE,
    Command,
    Disconnect,
    Refused,
    encode,
)
from ingress.sockets.subscriptions import Subscription
from models.errors import TooMany, Unauthenticated, Unavailable
from models.logs import context

if TYPE_CHECKING:  # the two modules need only each other's types
    from ingress.sockets.connection import Connection

VERSION = "switchboard"


def answer(connection: Connection, command: Command) -> None:
    """Performs the command, which gets a trace id of its own, and sends its reply. Raises Disconnect."""
    context.begin(context.new_trace_id())
    try:
        if command.method in {"subscribe", "rpc"}:
            _check(connection)
        handler = _HANDLERS.get(command.method, _not_available)
        handler(connection, command)
    except Refused as refused:
        connection.send(frames.text(encode({"id": command.id, "error": refused.error})))
    except Unavailable:
        connection.send(frames.text(encode({"id": command.id, "error": Refused(ERROR_INTERNAL).error})))


def _check(connection: Connection) -> None:
    """Refuses a revoked token here, too: the event that closes its sockets may still be on the way. Raises Disconnect."""
    try:
        revoked.check(_principal(connection))
    except Outdated:
        raise Disconnect(EXPIRED) from None
    except Unauthenticated:
        raise Disconnect(INVALID_TOKEN) from None


def _reply(connection: Connection, command: Command, result: dict[str, Any]) -> None:
    connection.send(frames.text(encode({"id": command.id, command.method: result})))


def _connect(connection: Connection, command: Command) -> None:
    if connection.principal is not None:
        raise Disconnect(BAD_REQUEST)
    principal = connection.principal = replace(identify(command.params), network=connection.network)
    try:
        watch().enter(connection)
    except TooMany as error:
        refusals.note(error.limit, connection.network)
        raise Disconnect(CONNECTION_LIMIT) from None
    keepalive = {"ping": max(1, round(connection.options.ping_every)), "pong": True}
    _reply(connection, command, {"client": connection.id, "version": VERSION, **lifetime(principal), **keepalive})


def _refresh(connection: Connection, command: Command) -> None:
    principal, previous = replace(identify(command.params), network=connection.network), _principal(connection)
    if _identity(principal) != _identity(previous):
        raise Disconnect(INVALID_TOKEN)
    connection.principal = principal
    _reply(connection, command, {"client": connection.id, "version": VERSION, **lifetime(principal)})


def _identity(principal: Principal) -> tuple[str, ...]:
    """The parts that a refreshed token may not change."""
    return principal.kind, principal.id, principal.conversation_id, principal.session_id


def _subscribe(connection: Connection, command: Command) -> None:
    channel = _channel(command)
    if not connection.registry.topics.may_follow(_principal(connection), channel):
        raise Refused(DENIED)
    if channel in connection.subscriptions:
        raise Refused(ALREADY)
    if len(connection.subscriptions) >= connection.options.channels_max:
        raise Refused(LIMIT)
    subscription = connection.subscriptions[channel] = Subscription(channel, connection.send, connection.drop)
    try:
        result, position = subscription.enter(command.params, connection.options.recovery_max)
    except (Unavailable, Refused):
        connection.drop(channel)
        raise
    # Events were lost, or the socket was closed meanwhile.
    if connection.subscriptions.get(channel) is not subscription:
        subscription.leave()
        raise Refused(ERROR_INTERNAL)
    connection.send(frames.text(b'{"id":%d,"subscribe":%b}' % (command.id, result)))
    subscription.go_live(position)


def _unsubscribe(connection: Connection, command: Command) -> None:
    connection.drop(_channel(command))
    _reply(connection, command, {})


def _rpc(connection: Connection, command: Command) -> None:
    _reply(connection, command, connection.registry.methods.call(_principal(connection), command.params))


def _ping(connection: Connection, command: Command) -> None:
    _reply(connection, command, {})


def _not_available(_connection: Connection, command: Command) -> None:
    if command.method == "send":
        raise Disconnect(NOT_AVAILABLE)  # it expects no reply, so closing is the only way to tell
    raise Refused(UNAVAILABLE)


def _channel(command: Command) -> str:
    channel = command.params.get("channel")
    if not isinstance(channel, str) or not channel:
        raise Disconnect(BAD_REQUEST)
    return channel


def _principal(connection: Connection) -> Principal:
    if connection.principal is None:
        raise Disconnect(BAD_REQUEST)
    return connection.principal


_HANDLERS: dict[str, Callable[[Connection, Command], None]] = {
    "connect": _connect,
    "refresh": _refresh,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "rpc": _rpc,
    "ping": _ping,
}
