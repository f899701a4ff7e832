"""The one file that knows LiteLLM: a request goes in, pieces come out, and its errors become ours.

Importing it takes seconds, opens no connection, and turns off all that LiteLLM does besides calling a model: telemetry,
logging, callbacks, retries. https://docs.litellm.ai/docs/exception_mapping
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Generator, Iterator
from importlib import import_module
from typing import Any

from dotenv import load_dotenv

from agents.chunks import pieces
from agents.completion import End, Model, Piece, Request, Text, ToolUse
from agents.local import model as local
from agents.retry_after import retry_after
from models.errors import ModelError
from models.settings import ROOT

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else its import fetches a price list
os.environ["LITELLM_MODE"] = "PRODUCTION"  # else it loads any .env it finds on the way up
os.environ["LOGGING_EXECUTOR_MAX_PENDING_TASKS"] = "0"  # no logging jobs: unread, and 0.6 ms of CPU a call
load_dotenv(ROOT / ".env", override=False)  # ours, for the providers' own names (ANTHROPIC_API_KEY …)

import litellm  # noqa: E402 - the environment is set first
from litellm import exceptions as theirs  # noqa: E402 - the environment is set first
from litellm.llms.custom_llm import CustomLLM  # noqa: E402 - the environment is set first
from litellm.types import utils as theirs_types  # noqa: E402 - the environment is set first

litellm.telemetry = False
litellm.suppress_debug_info = True  # else it prints advice to the terminal
litellm.disable_streaming_logging = True  # else each chunk starts a job that logs it
litellm.turn_off_message_logging = True
litellm.drop_params = True  # a parameter that a provider does not know is no reason to fail
litellm.modify_params = True  # and a history with calls is put as each provider wants it
for logger in ("LiteLLM", "openai", "httpx", "httpcore"):  # they write requests, and addresses with keys in them
    logging.getLogger(logger).setLevel(logging.CRITICAL)

# The first that fits names the kind, so special classes stand before their bases.
KINDS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((theirs.ContentPolicyViolationError,), "refused"),
    ((theirs.Timeout,), "timeout"),
    ((theirs.RateLimitError,), "rate_limited"),
    ((theirs.AuthenticationError, theirs.PermissionDeniedError, theirs.NotFoundError), "misconfigured"),
    ((theirs.BadRequestError, theirs.UnprocessableEntityError, theirs.BudgetExceededError), "misconfigured"),
    ((Exception,), "unavailable"),
)
WAITS = ("rate_limited", "unavailable")  # the kinds for which a provider names a time
NO_RETRIES = {"max_retries": 0, "num_retries": 0}  # retries are the worker's: counted, spaced, and in the database
LOCAL_NAME = f"{local.PROVIDER}/{local.NAME}"


class _Local(CustomLLM):
    """The `local` model as a LiteLLM provider (https://docs.litellm.ai/docs/providers/custom_llm_server)."""

    def completion(self, *args: Any, **kwargs: Any) -> Any:
        said = local.reply(kwargs["messages"])
        response = kwargs["model_response"]
        response._hidden_params["response_cost"] = 0.0  # known, so LiteLLM need not look for a price
        choice = response.choices[0]
        choice.message.content = said.content
        choice.message.provider_specific_fields = dict(said.facts)
        if said.wants_person and kwargs["optional_params"].get("tools"):
            choice.message.tool_calls = [_hand_off_call(said.content)]
        return response

    def streaming(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        *pieces, last = local.pieces(local.reply(kwargs["messages"]).content)
        for piece in pieces:
            yield _generic_chunk(piece, finished=False)
        yield _generic_chunk(last, finished=True)


def _hand_off_call(said: str) -> theirs_types.ChatCompletionMessageToolCall:
    arguments = json.dumps({"reason": local.HAND_OFF_REASON, "reply": said})
    return theirs_types.ChatCompletionMessageToolCall(
        id="call_0", type="function", function={"name": local.HAND_OFF_TOOL, "arguments": arguments}
    )


def _generic_chunk(text: str, *, finished: bool) -> dict[str, Any]:
    reason = "stop" if finished else ""
    return {"text": text, "is_finished": finished, "finish_reason": reason, "index": 0, "tool_use": None, "usage": None}


litellm.custom_provider_map = [{"provider": local.PROVIDER, "custom_handler": _Local()}]


def preload(*, remote: bool) -> None:
    """Answers a question, whole and as a stream, so that everything is loaded. Makes no network call. `remote`: also
    what the first call of a provider would else import (0.4 s)."""
    for module in ("openai.resources", "httpcore") if remote else ():
        import_module(module)
    messages = [{"role": "user", "content": "What is Switchboard?"}]
    with warnings.catch_warnings():  # LiteLLM's types are built at their first use, and warn of their own fields
        warnings.simplefilter("ignore")
        list(ask_local(Request(messages)))
        list(litellm.completion(model=LOCAL_NAME, messages=messages, stream=True, **NO_RETRIES))


def ask_local(request: Request) -> Iterator[Piece]:
    """The `local` model's answer in one piece: it is there at once, and a LiteLLM stream costs three times as much."""
    answer: Any = litellm.completion(model=LOCAL_NAME, messages=list(request.messages), **NO_RETRIES, **_tools(request))
    message = answer.choices[0].message
    if message.tool_calls:
        yield from (ToolUse(c.id, c.function.name, c.function.arguments) for c in message.tool_calls)
    else:
        yield Text(message.content)
    yield End(facts=message.provider_specific_fields or {})


def stream(model: Model, request: Request) -> Generator[Piece, None, None]:
    """A provider's answer as it comes, `End` last. Raises ModelError, also for a stream that ends unfinished. A refusal
    is an answer: `End.refused`."""
    try:
        yield from _streamed(model, request)
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001 - LiteLLM raises many kinds; all become one of ours
        known = as_model_error(error)
        if known.kind != "refused":
            raise known from None  # the cause holds the provider's words, which may echo keys and content
        yield End(refused=True)


def _streamed(model: Model, request: Request) -> Iterator[Piece]:
    answer: Any = litellm.completion(
        model=model.name,
        messages=list(request.messages),
        stream=True,
        timeout=request.timeout,
        api_base=model.api_base,
        api_key=model.api_key,
        **NO_RETRIES,
        **_tools(request),
    )
    try:
        yield from pieces(answer)
    finally:
        if close := getattr(answer.completion_stream, "close", None):
            close()


def _tools(request: Request) -> dict[str, Any]:
    """LiteLLM 1.106 imports its MCP gateway, which is not installed, whenever tools are given: the flag spares it."""
    if not request.tools:
        return {}
    choice = "auto" if request.may_call else "none"
    return {"tools": list(request.tools), "tool_choice": choice, "_skip_mcp_handler": True}


def as_model_error(error: Exception) -> ModelError:
    """Ours for one of theirs. The detail is the class's name: their texts may hold keys and content."""
    error = getattr(error, "original_exception", None) or error  # a failure in mid-stream comes wrapped
    kind = next(kind for fits, kind in KINDS if isinstance(error, fits))
    response: Any = getattr(error, "response", None)
    headers = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None)
    wait = retry_after(headers) if kind in WAITS else None
    return ModelError(kind, type(error).__name__, permanent=kind == "misconfigured", retry_after=wait)
