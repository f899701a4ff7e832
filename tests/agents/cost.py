"""What an answer costs: `python -m tests.agents.cost`. CPU of the local model, and the way to the first token of a remote
one beside the same call straight to LiteLLM, in turns."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

ROUNDS = 500
TOKENS = 150


def main() -> None:
    provider = subprocess.Popen([sys.executable, "-m", "tests.servers.openai"], stdout=subprocess.PIPE, text=True)
    assert provider.stdout
    try:
        os.environ.update(SECRET_KEY="k" * 40, LLM_API_BASE=provider.stdout.readline().strip(), LLM_API_KEY="k")
        local()
        remote()
    finally:
        provider.terminate()


def local() -> None:
    run = runner("local")
    spent = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(ROUNDS):
            list(run())
        spent.append((time.process_time() - began) / ROUNDS * 1000)
    print(f"local answer, agent.run to the end: {min(spent):.2f} to {max(spent):.2f} ms CPU (3 × {ROUNDS})")


def remote() -> None:
    import litellm

    run = runner("openai/behave-normal")
    messages = [{"role": "user", "content": "What happens when Redis is down?"}]

    def direct() -> Iterator[object]:
        chunks = litellm.completion(
            model="openai/behave-normal",
            api_base=os.environ["LLM_API_BASE"],
            api_key="k",
            messages=messages,
            stream=True,
            timeout=30.0,
            max_retries=0,
            num_retries=0,
        )
        return (chunk for chunk in chunks if chunk.choices[0].delta.content)

    firsts: dict[str, list[float]] = {"direct": [], "agent": []}
    for _ in range(TOKENS):
        firsts["direct"].append(first(direct))
        firsts["agent"].append(first(run))
    between = median(firsts["agent"]) - median(firsts["direct"])
    print(f"first token: direct {median(firsts['direct']):.2f} ms, agent {median(firsts['agent']):.2f} ms (p50)")
    print(f"             the agent adds {between:.2f} ms (p50 of {TOKENS})")


def runner(model: str) -> Callable[[], Iterator[object]]:
    from agents import registry
    from agents.protocol import Question
    from models.settings import settings

    os.environ["LLM_MODEL"] = model
    settings.cache_clear()
    registry.preload("conversation")
    agent = registry.agent("conversation")
    question = Question("m", "c", "What happens when Redis is down?")
    list(agent.run(question, [], lambda: None))
    return lambda: agent.run(question, [], lambda: None)


def first(stream: Callable[[], Iterator[object]]) -> float:
    """Milliseconds to the first item; the rest is read too, so that the connection can be used again."""
    began = time.perf_counter()
    items = stream()
    next(items)
    took = (time.perf_counter() - began) * 1000
    list(items)
    return took


if __name__ == "__main__":
    main()
