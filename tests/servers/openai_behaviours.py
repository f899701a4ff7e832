"""What the model server can do with a request: one function a behaviour, as OpenAI's wire format has it.

https://platform.openai.com/docs/api-reference/chat/streaming and …/docs/guides/error-codes
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable
from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING, Any

from tests.servers.openai_wire import chunk, stream, whole, words

if TYPE_CHECKING:
    from tests.servers.openai import Handler

LONG = 3600.0

Behaviour = str | dict[str, Any]
Doing = Callable[["Handler", dict[str, Any], dict[str, Any]], None]


def chosen(behaviour: Behaviour) -> dict[str, Any]:
    """The behaviour as an object with a name that exists."""
    full = {"name": behaviour} if isinstance(behaviour, str) else behaviour
    return full if full["name"] in BEHAVIOURS else {"name": "not_found"}


def normal(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """The reply, word by word when streaming is asked for."""
    finish = behaviour.get("finish", "stop")
    if request.get("stream"):
        return stream(to, request, words(behaviour), finish)
    to.reply(200, whole(request, {"content": "".join(words(behaviour))}, finish))


def slow(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """The headers come, the first token only after `seconds` (for ever, unless told)."""
    to.begin_stream()
    to.wait(behaviour.get("seconds", LONG))
    for word in words(behaviour):
        to.event(chunk(request, {"content": word}))
    to.event(chunk(request, {}, "stop"))


def silent(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """Not even headers."""
    to.close_connection = True
    to.wait(LONG)


def stall(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """Some words, and then nothing, with the connection open."""
    stream(to, request, words(behaviour)[:4], None)
    to.wait(LONG)


def drip(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """SSE comments for ever: bytes arrive, tokens do not, so that no read time-out ever fires."""
    stream(to, request, words(behaviour)[:4], None)
    for _ in range(int(LONG / 0.05)):
        to.wfile.write(b": still here\n\n")
        to.wfile.flush()
        if to.server.stopping.wait(0.05):
            return


def cut(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """Some words, then the end of the connection without a finish_reason: HTTP sees nothing wrong."""
    stream(to, request, words(behaviour)[:4], None)


def reset(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """Some words, then a TCP reset."""
    stream(to, request, words(behaviour)[:4], None)
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(to.connection.detach())


def empty(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """A proper end, and no word before it."""
    stream(to, request, [], "stop")


def garbage(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """An event that is no JSON."""
    to.begin_stream()
    to.event("<html>not json</html>")


def rate_limited(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """429. `retry_after`: seconds, or "date" for an HTTP date 20 s ahead."""
    after = behaviour.get("retry_after", 7)
    told = formatdate(time() + 20, usegmt=True) if after == "date" else str(after)
    error = {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}
    to.reply(429, {"error": error}, Retry_After=told)


def _failing(status: int, kind: str, code: str | None = None) -> Doing:
    def fail(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
        # Providers echo the key and the input: whoever shows this text to anyone leaks both.
        key = str(to.headers.get("Authorization", "")).removeprefix("Bearer ")
        said = json.dumps(request.get("messages", [])[-1:])
        message = behaviour.get("text", f"Refused for {key}: {said}")
        to.reply(status, {"error": {"message": message, "type": kind, "code": code}})

    return fail


def refusal(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """The model declines in the `refusal` field (structured refusals)."""
    if not request.get("stream"):
        return to.reply(200, whole(request, {"content": None, "refusal": "I cannot help with that."}, "stop"))
    to.begin_stream()
    to.event(chunk(request, {"role": "assistant", "refusal": "I cannot help"}))
    to.event(chunk(request, {"refusal": " with that."}))
    to.event(chunk(request, {}, "stop"))
    to.event("[DONE]")


def filtered(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """The provider's filter stops the answer after some words."""
    stream(to, request, words(behaviour)[:4], "content_filter")


def tool(to: Handler, request: dict[str, Any], behaviour: dict[str, Any]) -> None:
    """A call of `tool` with `arguments` (text), its arguments in two pieces."""
    name, arguments = behaviour.get("tool", "search_knowledge"), behaviour.get("arguments", '{"query": "redis"}')
    half = len(arguments) // 2
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments[:half]}}
    to.begin_stream()
    to.event(chunk(request, {"role": "assistant", "content": None, "tool_calls": [call]}))
    to.event(chunk(request, {"tool_calls": [{"index": 0, "function": {"arguments": arguments[half:]}}]}))
    to.event(chunk(request, {}, "tool_calls"))
    to.event("[DONE]")


BEHAVIOURS: dict[str, Doing] = {
    "normal": normal,
    "slow": slow,
    "silent": silent,
    "stall": stall,
    "drip": drip,
    "cut": cut,
    "reset": reset,
    "empty": empty,
    "garbage": garbage,
    "429": rate_limited,
    "500": _failing(500, "server_error"),
    "503": _failing(503, "server_error"),
    "401": _failing(401, "invalid_request_error", "invalid_api_key"),
    "400": _failing(400, "invalid_request_error"),
    "not_found": _failing(404, "invalid_request_error", "model_not_found"),
    "policy": _failing(400, "invalid_request_error", "content_policy_violation"),
    "refusal": refusal,
    "filtered": filtered,
    "tool": tool,
}
