"""A call that cannot begin is misconfigured, whatever LiteLLM makes of it; one that a provider fails is not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agents.completion import Model, Request
from models.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydantic")  # of LiteLLM's own types, at their first use
REQUEST = Request([{"role": "user", "content": "hello"}], timeout=5)


def failing(model: Model) -> ModelError:
    from agents.llm import litellm

    with pytest.raises(ModelError) as caught:
        list(litellm.stream(model, REQUEST))
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-4o",
        "gpt-4o",
        "anthropic/claude-3-5-sonnet-20241022",
        "gemini/gemini-1.5-flash",
        "vertex_ai/gemini-1.5-pro",
        "azure/gpt-4o",
        "azure_ai/mistral-large",
        "bedrock/anthropic.claude-3-haiku-20240307-v1:0",
        "sagemaker/a-model",
        "perplexity/sonar",
        "fireworks_ai/accounts/fireworks/models/llama-v3-8b-instruct",
        "cerebras/llama3.1-8b",
        "nvidia_nim/meta/llama3-70b-instruct",
        "deepinfra/meta-llama/Llama-2-70b-chat-hf",
        "cloudflare/@cf/meta/llama-2-7b-chat-int8",
        "watsonx/ibm/granite-13b-chat-v2",
        "databricks/dbrx",
        "snowflake/mistral-7b",
        "heroku/a-model",
        "bytez/a-model",
        "text-completion-openai/gpt-3.5-turbo-instruct",
        "no-such-provider/a-model",
        "no-such-model",
    ],
)
def test_a_model_that_lacks_its_settings_is_misconfigured(name: str, no_keys: None) -> None:
    error = failing(Model(name))
    assert (error.kind, error.permanent) == ("misconfigured", True)


@contextmanager
def answering(status: int, text: str) -> Iterator[str]:
    """A provider that answers everything with this status and this text in its error. Gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps({"error": {"message": text, "type": "error", "code": status}}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A test reads what comes of it, not a log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


PROVIDERS = [
    "openai/gpt-4o",
    "anthropic/claude-3-5-sonnet-20241022",
    "gemini/gemini-1.5-flash",
    "azure/gpt-4o",
    "mistral/mistral-small-latest",
    "groq/llama-3.1-8b-instant",
    "cohere_chat/command-r",
    "openrouter/openai/gpt-4o",
    "deepseek/deepseek-chat",
    "ollama_chat/llama3",
]


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_provider_that_lets_nobody_in_is_misconfigured(status: int, name: str, no_keys: None) -> None:
    with answering(status, "no") as url:
        assert failing(Model(name, url, "key")).kind == "misconfigured"


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("status", [500, 503])
def test_a_provider_that_fails_is_not_whatever_it_says(status: int, name: str, no_keys: None) -> None:
    with answering(status, "api_key must be set: missing credentials, set OPENAI_API_KEY") as url:
        error = failing(Model(name, url, "key"))
    assert (error.kind, error.permanent) == ("unavailable", False)


@pytest.mark.parametrize("name", ["openai/gpt-4o", "anthropic/claude-3-5-sonnet-20241022", "ollama_chat/llama3"])
def test_nobody_at_the_address_is_not_either(name: str, no_keys: None) -> None:
    assert failing(Model(name, "http://127.0.0.1:9", "key")).kind == "unavailable"
