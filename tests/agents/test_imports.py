"""What is loaded, and what is called, when nobody has asked anything yet: in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from models.settings import ROOT

LOOKS = """
import sys, agents.registry
print([m for m in sys.modules if m.split('.')[0] in {'litellm', 'openai', 'bm25s', 'numpy'}])
"""
# Any connection but to a unix socket, and any name looked up, ends the process with an error.
NO_NETWORK = """
import sys
def forbid(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        print("network:", event, args[-1]); sys.stdout.flush()
        raise SystemExit(f"network: {event} {args[-1]}")
sys.addaudithook(forbid)
from agents import registry
from agents.protocol import Final, Question
registry.preload("conversation")
events = list(registry.agent("conversation").run(Question("m", "c", "What is Switchboard?"), [], lambda: None))
print(type(events[-1]).__name__)
"""


def _python(code: str) -> str:
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "k" * 40, "LLM_MODEL": "local"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, done.stderr
    return done.stdout.strip()


def test_the_registry_loads_nothing_heavy() -> None:
    assert _python(LOOKS) == "[]"


def test_the_local_model_needs_no_network_not_even_to_load() -> None:
    assert _python(NO_NETWORK) == "Final"


def test_the_local_model_needs_no_litellm() -> None:
    assert _python(NO_NETWORK + "print(sorted({'litellm', 'openai'} & set(sys.modules)))").splitlines() == [
        "Final",
        "[]",
    ]


def test_one_file_knows_litellm() -> None:
    importing = re.compile(r"^\s*(import|from) (litellm|openai)\b", re.MULTILINE)
    found = [path.name for path in (ROOT / "agents").rglob("*.py") if importing.search(path.read_text())]
    assert found == ["litellm.py"]
