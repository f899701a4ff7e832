"""The only module that imports LiteLLM: takes a request, yields pieces, and translates LiteLLM's errors into ours.

Importing it takes seconds and opens no connection. It turns off everything in LiteLLM besides calling a model: telemetry,
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

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # otherwise its import fetches a price list
os.environ["LITELLM_MODE"] = "PRODUCTION"  # otherwise it loads any .env in a parent folder
os.environ["LOGGING_EXECUTOR_MAX_PENDING_TASKS"] = "0"  # no logging jobs, which cost 0.6 ms of CPU per call
load_dotenv(ROOT / ".env", override=False)  # ours, for the providers' own names (ANTHROPIC_API_KEY …)

import litellm  # noqa: E402 - the environment is set first
from litellm import exceptions as errors  # noqa: E402 - the environment is set first
from litellm.constants import openai_compatible_providers  # noqa: E402 - the environment is set first

litellm.telemetry = False
litellm.suppress_debug_info = True  # otherwise it prints advice to the terminal
litellm.disable_streaming_logging = True  # otherwise each chunk starts a logging job
litellm.turn_off_message_logging = True
litellm.drop_params = True  # drop parameters that a provider does not know
litellm.modify_params = True  # adapt a history with tool calls to each provider
for logger in ("LiteLLM", "openai", "httpx", "httpcore"):  # they log requests, and addresses with keys
    logging.getLogger(logger).setLevel(logging.CRITICAL)

# LiteLLM's errors → ours. The first match counts, so subclasses stand before their bases.
ERRORS: tuple[tuple[tuple[type[Exception], ...], type[ModelError]], ...] = (
    ((errors.ContentPolicyViolationError,), ModelRefused),
    ((errors.Timeout,), ModelTimeout),
    ((errors.RateLimitError,), ModelRateLimited),
    ((errors.AuthenticationError, errors.PermissionDeniedError, errors.NotFoundError), ModelMisconfigured),
    ((errors.BadRequestError, errors.UnprocessableEntityError, errors.BudgetExceededError), ModelMisconfigured),
    ((Exception,), ModelUnavailable),
)
WAITS = (ModelRateLimited, ModelUnavailable)  # errors for which a provider may name a time to wait
SIGN_IN_BY_THEMSELVES = {"github_copilot", "chatgpt"}  # they call their provider as soon as LiteLLM looks the name up
OTHER_KEYS = {  # alternatives to the key that LiteLLM names
    "azure": ("AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
    "azure_ai": ("AZURE_AI_API_KEY", "AZURE_AD_TOKEN", "AZURE_CLIENT_ID"),
    "anthropic": ("ANTHROPIC_AUTH_TOKEN",),
    "cohere": ("CO_API_KEY",),
    "openrouter": ("OR_API_KEY",),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_TOKEN"),
    "replicate": ("REPLICATE_API_TOKEN",),
}
NO_RETRIES = {"max_retries": 0, "num_retries": 0}  # the worker retries: counted, spaced, and in the database


def preload() -> None:
    """Plays a mocked answer, so that the first call has nothing left to import and build. Calls no provider."""
    for module in ("openai.resources", "httpcore"):
        import_module(module)
    messages = [{"role": "user", "content": "What is Switchboard?"}]
    with warnings.catch_warnings():  # LiteLLM's types are built at first use, with warnings about their own fields
        warnings.simplefilter("ignore")
        list(litellm.completion(model="openai/none", messages=messages, stream=True, mock_response="A.", **NO_RETRIES))


def missing(model: Model) -> tuple[str, ...] | None:
    """The settings that the model needs and lacks, by their providers' names; one of several keys is enough. None when
    LiteLLM knows no such provider.

    Calls no provider, so the list may be incomplete. Settings that the machine may supply (AWS, Vertex) or that have a
    default are not listed."""
    provider, _, rest = model.name.partition("/")
    if rest and provider in SIGN_IN_BY_THEMSELVES:
        return ()
    try:
        _, provider, found_key, _ = litellm.get_llm_provider(model.name, api_key=model.api_key, api_base=model.api_base)
    except Exception:  # noqa: BLE001 - any error means that it has found no provider
        return None
    variables = litellm.validate_environment(model.name, api_key=model.api_key, api_base=model.api_base)["missing_keys"]
    keys = [name for name in variables if name.endswith("_API_KEY")]
    default_key = f"{provider.upper().replace('-', '_')}_API_KEY"
    if not keys and (provider in openai_compatible_providers or os.environ.get(default_key) == ""):
        keys = [default_key]  # validate_environment omits some of them, and accepts an empty key
    if model.api_key or found_key or any(map(os.environ.get, OTHER_KEYS.get(provider, ()))):
        keys = []
    bases = [name for name in variables if name.endswith("_API_BASE") and provider == "azure"]
    return (*keys, *bases)


def stream(model: Model, request: Request) -> Generator[Piece, None, None]:
    """The provider's answer as it comes, `End` last. Raises ModelError, also for a stream that ends early. A refusal is an
    answer: `End.refused`."""
    try:
        yield from _stream(model, request)
    except ModelError:
        raise
    except Exception as error:  # noqa: BLE001 - LiteLLM raises many kinds; all become one of ours
        model_error = as_model_error(error)
        if not isinstance(model_error, ModelRefused):
            raise model_error from None  # the cause holds the provider's words, which may echo keys and content
        yield End(refused=True)


def _stream(model: Model, request: Request) -> Iterator[Piece]:
    response: Any = litellm.completion(
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
        yield from pieces(response)
    finally:
        if close := getattr(response.completion_stream, "close", None):
            close()


def _tools(request: Request) -> dict[str, Any]:
    """The arguments for tools. LiteLLM 1.106 imports its MCP gateway, which is not installed, whenever there are tools; the
    flag prevents that."""
    if not request.tools:
        return {}
    choice = "auto" if request.may_call else "none"
    return {"tools": list(request.tools), "tool_choice": choice, "_skip_mcp_handler": True}


def as_model_error(error: Exception) -> ModelError:
    """Our error for one of LiteLLM's. The detail is the class's name: LiteLLM's texts may hold keys and content."""
    error = getattr(error, "original_exception", None) or error  # a failure within a stream is wrapped
    kind = next(kind for classes, kind in ERRORS if isinstance(error, classes))
    if kind is ModelUnavailable and is_setup_fault(error):
        kind = ModelMisconfigured
    response: Any = getattr(error, "response", None)
    headers = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None)
    wait = retry_after(headers) if kind in WAITS else None
    return kind(type(error).__name__, retry_after=wait)
