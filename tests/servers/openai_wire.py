"""OpenAI's wire format: whole answers and chunks of a stream.

https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers.openai import Handler

DEFAULT_REPLY = "Switchboard answers people wherever they write, and loses no message it has acknowledged."


def chunk(request: dict[str, Any], delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": request.get("model"),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def whole(request: dict[str, Any], message: dict[str, Any], finish: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request.get("model"),
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def words(behaviour: dict[str, Any]) -> list[str]:
    words = str(behaviour.get("text", DEFAULT_REPLY)).split(" ")
    return [word if n == 0 else f" {word}" for n, word in enumerate(words)]


def stream(to: Handler, request: dict[str, Any], words: list[str], finish: str | None) -> None:
    to.begin_stream()
    to.event(chunk(request, {"role": "assistant", "content": ""}))
    for word in words:
        to.event(chunk(request, {"content": word}))
    if finish:
        to.event(chunk(request, {}, finish))
        to.event("[DONE]")
