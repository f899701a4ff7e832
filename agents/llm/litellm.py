"""The one file that knows LiteLLM: a request goes in, pieces come out, and its errors become ours.

Importing it takes seconds, opens no connection, and turns off all that LiteLLM does besides calling a model: telemetry,
logging, callbacks, retries. https://docs.litellm.ai/docs/exception_mapping
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Generator, Iterator
from importlib import import_module
from typing import Any

from dotenv import load_dotenv

from agents.completion import End, Model, Piece, Request
from agents.llm.chunks import pieces
from agents.llm.retry_after import retry_after
from agents.llm.setup_faults import is_setup_fault
from models.errors import (
    ModelError,
    ModelMisconfigured,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
)
from models.settings import ROOT

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else its import fetches a price list
os.environ["LITELLM_MODE"] = "PRODUCTION"  # else it loads any .env it finds on the way up
os.environ["LOGGING_EXECUTOR_MAX_PENDING_TASKS"] = "0"  # no logging jobs: unread, and 0.6 ms of CPU a call
load_dotenv(ROOT / ".env", override=False)  # ours, for the providers' own names (ANTHROPIC_API_KEY …)

import litellm  # noqa: E402 - the environment is set first
from litellm import exceptions as theirs  # noqa: E402 - the environment is set first
from litellm.constants import openai_compatible_providers  # noqa: E402 - the environment is set first

litellm.telemetry = False
litellm.suppress_debug_info = True  # else it prints advice to the terminal
litellm.disable_streaming_logging = True  # else each chunk starts a job that logs it
litellm.turn_off_message_logging = True
litellm.drop_params = True  # a parameter that a provider does not know is no reason to fail
litellm.modify_params = True  # and a history with calls is put as each provider wants it
for logger in ("LiteLLM", "openai", "httpx", "httpcore"):  # they write requests, and addresses with keys in them
    logging.getLogger(logger).setLevel(logging.CRITICAL)

# The first that fits is taken, so special classes stand before their bases.
OURS: tuple[tuple[tuple[type[Exception], ...], type[ModelError]], ...] = (
    ((theirs.ContentPolicyViolationError,), ModelRefused),
    ((theirs.Timeout,), ModelTimeout),
    ((theirs.RateLimitError,), ModelRateLimited),
    ((theirs.AuthenticationError, theirs.PermissionDeniedError, theirs.NotFoundError), ModelMisconfigured),
    ((theirs.BadRequestError, theirs.UnprocessableEntityError, theirs.BudgetExceededError), ModelMisconfigured),
    ((Exception,), ModelUnavailable),
)
WAITS = (ModelRateLimited, ModelUnavailable)  # for which a provider names a time
SIGN_IN_BY_THEMSELVES = {"github_copilot", "chatgpt"}  # they ask their provider as soon as LiteLLM looks at the name
OTHER_KEYS = {  # what serves instead of the key that LiteLLM names
    "azure": ("AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
    "azure_ai": ("AZURE_AI_API_KEY", "AZURE_AD_TOKEN", "AZURE_CLIENT_ID"),
    "anthropic": ("ANTHROPIC_AUTH_TOKEN",),
    "cohere": ("CO_API_KEY",),
    "openrouter": ("OR_API_KEY",),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_TOKEN"),
    "replicate": ("REPLICATE_API_TOKEN",),
}
NO_RETRIES = {"max_retries": 0, "num_retries": 0}  # retries are the worker's: counted, spaced, and in the database


def preload() -> None:
    """Plays an answer, so that all is loaded that a first call would else import and build. Calls nobody."""
    for module in ("openai.resources", "httpcore"):
        import_module(module)
    messages = [{"role": "user", "content": "What is Switchboard?"}]
    with warnings.catch_warnings():  # LiteLLM's types are built at their first use, and warn of their own fields
        warnings.simplefilter("ignore")
        list(litellm.completion(model="openai/none", messages=messages, stream=True, mock_response="A.", **NO_RETRIES))


def missing(model: Model) -> tuple[str, ...] | None:
    """The settings that the model cannot do without, by their providers' names; several keys are a choice. None when LiteLLM
    knows no such provider. Calls nobody, so it may miss something; what may also come from the machine (AWS, Vertex) or
    has a default is not named."""
    provider, _, rest = model.name.partition("/")
    if rest and provider in SIGN_IN_BY_THEMSELVES:
        return ()
    try:
        _, provider, known_key, _ = litellm.get_llm_provider(model.name, api_key=model.api_key, api_base=model.api_base)
    except Exception:  # noqa: BLE001 - whatever it raises, it has found no provider
        return None
    told = litellm.validate_environment(model.name, api_key=model.api_key, api_base=model.api_base)["missing_keys"]
    keys = [name for name in told if name.endswith("_API_KEY")]
    usual = f"{provider.upper().replace('-', '_')}_API_KEY"
    if not keys and (provider in openai_compatible_providers or os.environ.get(usual) == ""):
        keys = [usual]  # validate_environment does not know all of them, and takes an empty one for a key
    if model.api_key or known_key or any(map(os.environ.get, OTHER_KEYS.get(provider, ()))):
        keys = []
    bases = [name for name in told if name.endswith("_API_BASE") and provider == "azure"]
    return (*keys, *bases)


def stream(model: Model, request: Request) -> Generator[Piece, None, None]:
    """A provider's answer as it comes, `End` last. Raises ModelError, also for a stream that ends unfinished. A refusal
    is an answer: `End.refused`."""
    try:
        yield from _streamed(model, request)
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001 - LiteLLM raises many kinds; all become one of ours
        known = as_model_error(error)
        if not isinstance(known, ModelRefused):
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
    kind = next(kind for fits, kind in OURS if isinstance(error, fits))
    if kind is ModelUnavailable and is_setup_fault(error):
        kind = ModelMisconfigured
    response: Any = getattr(error, "response", None)
    headers = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None)
    wait = retry_after(headers) if kind in WAITS else None
    return kind(type(error).__name__, retry_after=wait)
