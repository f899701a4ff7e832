"""The Centrifugo client protocol in JSON: commands, replies, pushes and codes.

Sources: https://centrifugal.dev/docs/transports/client_protocol and https://centrifugal.dev/docs/server/codes. A frame
holds one or more JSON objects, one per line. `{}` from the server is a ping, from the client a pong.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

# Close codes. After 3000-3499 a client reconnects, after 3500-3999 it does not.
CLOSES = {
    3001: "shutdown",
    3004: "internal server error",
    3005: "connection expired",
    3008: "slow",
    3012: "no pong",
    3013: "too many requests",
    3500: "invalid token",
    3501: "bad request",
    3502: "stale",
    3504: "connection limit",
    3506: "inappropriate protocol",
    3508: "not available",
}
SHUTDOWN, INTERNAL, EXPIRED, SLOW, NO_PONG, TOO_MANY = 3001, 3004, 3005, 3008, 3012, 3013
INVALID_TOKEN, BAD_REQUEST, STALE, CONNECTION_LIMIT, BINARY, NOT_AVAILABLE = 3500, 3501, 3502, 3504, 3506, 3508
TOO_BIG = 1009  # RFC 6455, 7.4.1

# Errors in replies: code → (message, whether trying again helps). RPC errors carry an HTTP status instead.
ERRORS = {
    100: ("internal server error", True),
    103: ("permission denied", False),
    104: ("method not found", False),
    105: ("already subscribed", False),
    106: ("limit exceeded", False),
    108: ("not available", False),
    109: ("token expired", False),
    112: ("unrecoverable position", False),
}
ERROR_INTERNAL, DENIED, NO_METHOD, ALREADY, LIMIT, UNAVAILABLE, TOKEN_EXPIRED, UNRECOVERABLE = ERRORS

INSUFFICIENT_STATE = 2500  # in an unsubscribe push: the client subscribes again

METHODS = frozenset(
    ("connect", "subscribe", "unsubscribe", "publish", "presence", "presence_stats", "history", "ping", "send", "rpc",
     "refresh", "sub_refresh")
)  # fmt: skip


class Disconnect(Exception):
    """Closes the socket with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Refused(Exception):
    """Answers one command with an error; the socket stays open."""

    def __init__(self, code: int, message: str = "", *, temporary: bool = False) -> None:
        default, is_temporary = ERRORS.get(code, ("", False))
        super().__init__(code)
        self.error = {"code": code, "message": message or default}
        if temporary or is_temporary:
            self.error["temporary"] = True


@dataclass(frozen=True, slots=True)
class Command:
    """`id` is 0 for `send`, which expects no reply."""

    id: int
    method: str
    params: dict[str, Any]


def parse(line: str) -> Command | None:
    """One line of a frame; None for a pong. Raises Disconnect for anything that is no command."""
    try:
        document = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Disconnect(BAD_REQUEST) from None
    if document == {}:
        return None
    if not isinstance(document, dict):
        raise Disconnect(BAD_REQUEST)
    number = document.pop("id", 0)
    methods = [name for name in document if name in METHODS]
    if type(number) is not int or not 0 <= number < 1 << 32 or len(methods) != 1:
        raise Disconnect(BAD_REQUEST)
    method = methods[0]
    params = document[method]
    if not isinstance(params, dict) or (number == 0) != (method == "send"):
        raise Disconnect(BAD_REQUEST)
    return Command(number, method, params)


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are not JSON (RFC 8259, 6)


def encode(reply: object) -> bytes:
    """One line of JSON in UTF-8."""
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
