"""From the POST to the first token on the socket, minus the same call made straight with LiteLLM: what our way adds.

The provider is a local server that speaks the OpenAI protocol and answers at once. `python -m tests.bench.first_token`
prints JSON, in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from tests.bench.load import ANSWERED_WITHIN, Ear, Http, ears, visitors
from tests.bench.sizes import sized
from tests.bench.way import write_to
from tests.program import Program

ROUNDS = sized(100, 2)
PAUSE = 0.03  # seconds between two calls, in both: each is timed on an idle program
MODEL = "openai/behave-normal"


@contextmanager
def provider() -> Iterator[str]:
    """The base URL of a provider in a process of its own."""
    command = [sys.executable, "-m", "tests.servers.openai"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def last_asked(base: str) -> dict[str, Any]:
    """What the provider was asked last, prompt and tools and all: the same is then asked without us."""
    with urllib.request.urlopen(base.removesuffix("/v1") + "/control/requests") as answer:
        asked = json.load(answer)["requests"][-1]
    return {name: asked[name] for name in ("messages", "tools")}


def direct(base: str, asked: dict[str, Any]) -> list[float]:
    """The first token of the same call, straight from LiteLLM."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        chunks = litellm.completion(
            model=MODEL,
            api_base=base,
            api_key="k",
            stream=True,
            max_retries=0,
            _skip_mcp_handler=True,
            **asked,
        )
        next(chunk for chunk in chunks if chunk.choices[0].delta.content)
        times.append((time.perf_counter() - began) * 1000)
        for _ in chunks:
            pass
        time.sleep(PAUSE)
    return times


class FirstWord(Ear):
    """Hears the first delta, too."""

    def __init__(self, visitor: Any) -> None:
        super().__init__(visitor)
        self.began_to_speak = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        if b'"message.delta"' in data:
            self.began_to_speak.set()
        super().data_received(data)


async def through(url: str) -> list[float]:
    """The first token through Switchboard, one question after the other, each the first of its conversation."""
    whom = await visitors(url, ROUNDS)
    listening = await ears(url, whom, FirstWord)
    http, times = await Http(url).open(), []
    for number, ear in enumerate(listening):
        began = time.perf_counter()
        await http.send(write_to(whom[number], number))
        await asyncio.wait_for(ear.began_to_speak.wait(), ANSWERED_WITHIN)
        times.append((time.perf_counter() - began) * 1000)
        await asyncio.wait_for(ear.heard.wait(), ANSWERED_WITHIN)
        await asyncio.sleep(PAUSE)
    for ear in listening:
        ear.close()
    return times


def run() -> dict[str, Any]:
    """Both, and the difference of their medians."""
    with provider() as base, Program(LLM_MODEL=MODEL, LLM_API_BASE=base, LLM_API_KEY="k") as program:
        asyncio.run(through(program.url))  # what is done once is not the price of a call
        asked = last_asked(base)
        direct(base, asked)
        before, theirs = asyncio.run(through(program.url)), direct(base, asked)
        after = asyncio.run(through(program.url))
    ours = median([*before, *after])
    return {"through": round(ours, 1), "direct": round(median(theirs), 1), "added": round(ours - median(theirs), 1)}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
