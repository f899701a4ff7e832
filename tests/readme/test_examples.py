"""The examples of README.md are run as they are printed, on the whole program; only its address is put in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.settings import ROOT
from tests.program import Program
from tests.readme.blocks import README, blocks, example

ACCOUNTS = "Accounts"
CURL, SDK, WEBHOOK = "Ask with curl", "Connect with an SDK", "Send from a program: signed webhooks"
PRINTED = "http://localhost:8000"
NODE_MODULES = ROOT / "tests" / "javascript" / "node_modules"


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    given = re.search(r"`INBOUND_SECRET_SHOP=(\S+)`", README.read_text(encoding="utf-8"))
    assert given, "README.md names the webhook's secret"
    with Program(INBOUND_SECRET_SHOP=given[1]) as running:
        yield running


def _put(code: str, program: Program) -> str:
    assert PRINTED in code
    return code.replace(PRINTED, program.url)


def _environ() -> dict[str, str]:
    """Without proxies, which know nothing of this machine's ports."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=_environ(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def _ask(program: Program, question: str) -> str:
    """What the API answers, as the examples' measure."""
    body = json.dumps({"message": {"content": question}}).encode()
    request = urllib.request.Request(f"{program.url}/api/chat", body, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return str(json.load(answer)["reply"]["content"])


def test_every_block_is_run_here() -> None:
    found = Counter((block.heading, block.language) for block in blocks() if block.language not in {"mermaid", "text"})
    programs = {(SDK, "python"): 1, (SDK, "js"): 1}
    assert found == programs | {("Two commands", "sh"): 1, (CURL, "sh"): 3, (WEBHOOK, "sh"): 1, (ACCOUNTS, "sh"): 2}


def test_the_two_commands_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"^make (\w+)", example("Two commands", "sh"), re.MULTILINE)
    assert commands == ["run", "test"]
    assert not [name for name in commands if not re.search(rf"^{name}:", makefile, re.MULTILINE)]


def test_curl_asks(program: Program, tmp_path: Path) -> None:
    answer = json.loads(_run(["bash", "-c", _put(example(CURL, "sh", 0), program)], tmp_path))
    assert answer.keys() == {"conversation_id", "token", "message_id", "reply", "status"}
    assert "make run" in answer["reply"]["content"]


def test_curl_makes_an_account_and_a_key(program: Program, tmp_path: Path) -> None:
    made = json.loads(_run(["bash", "-c", _put(example(ACCOUNTS, "sh", 0), program)], tmp_path))
    assert made["user"]["username"] == "ada"
    key = json.loads(_run(["bash", "-c", _put(example(ACCOUNTS, "sh", 1), program)], tmp_path))
    assert key["key"].startswith("sbk_")
    assert key["scopes"] == ["conversations:read", "conversations:write"]


def test_curl_streams(program: Program, tmp_path: Path) -> None:
    said = _run(["bash", "-c", _put(example(CURL, "sh", 1), program)], tmp_path)
    events = re.findall(r"^event: (.+)$", said, re.MULTILINE)
    assert (events[0], events[-2:]) == ("accepted", ["message.created", "message.updated"])
    assert "message.delta" in events


def test_curl_follows(program: Program, tmp_path: Path) -> None:
    first = json.loads(_run(["bash", "-c", _put(example(CURL, "sh", 0), program)], tmp_path))
    code = _put(example(CURL, "sh", 2), program)
    code = code.replace("<conversation_id>", first["conversation_id"]).replace("<token>", first["token"])
    follower = subprocess.Popen(
        ["bash", "-c", f"exec {code}"], cwd=tmp_path, env=_environ(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert follower.stdout is not None
        lines = iter(follower.stdout.readline, "")
        assert any(line.startswith(": open") for line in lines)
        body = json.dumps({"content": "How do I stop it?"}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {first['token']}"}
        path = f"/api/conversations/{first['conversation_id']}/messages"
        urllib.request.urlopen(urllib.request.Request(program.url + path, body, headers), timeout=30).close()
        assert any(line == "event: message.delta\n" for line in lines)
    finally:
        follower.kill()
        follower.communicate()


def test_the_python_example_prints_the_reply(program: Program, tmp_path: Path) -> None:
    (tmp_path / "ask.py").write_text(_put(example(SDK, "python"), program), encoding="utf-8")
    assert _run([sys.executable, "ask.py"], tmp_path) == _ask(program, "How do I start it?") + "\n"


def test_the_javascript_example_prints_the_reply(program: Program, tmp_path: Path) -> None:
    if shutil.which("node") is None or not NODE_MODULES.is_dir():
        assert not os.environ.get("CI"), "CI runs `npm ci` in tests/javascript"
        pytest.skip("needs node, and `npm ci` in tests/javascript")
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / "ask.mjs").write_text(_put(example(SDK, "js"), program), encoding="utf-8")
    assert _run(["node", "ask.mjs"], tmp_path) == _ask(program, "How do I start it?") + "\n"


def test_a_webhook_is_signed_with_openssl(program: Program, tmp_path: Path) -> None:
    code = _put(example(WEBHOOK, "sh"), program)
    first, again = (json.loads(_run(["bash", "-c", code], tmp_path)) for _ in range(2))
    assert first["reply"]["content"] == _ask(program, "How do I start it?")
    assert again == first, "the same webhook-id is one message"
