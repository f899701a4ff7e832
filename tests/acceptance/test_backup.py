"""The recipes of docs/operations.md, run as they are printed, by a shell whose files others may read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.settings import ROOT
from tests.program import Program

SECTION = "Backing up and restoring"
PRINTED = "backup=backup/2026-11-24-190000\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of Switchboard, whose `var/` is its own and in which everything is installed."""
    for entry in ROOT.iterdir():
        if entry.name not in {"var", "backup", ".venv", ".git"}:
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / ".venv").mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != ".installed":
            (tmp_path / ".venv" / entry.name).symlink_to(entry)
    (tmp_path / ".venv" / ".installed").touch()
    yield tmp_path
    shutil.rmtree(tmp_path / "var", ignore_errors=True)


def recipe(number: int) -> str:
    """A block of the section."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = text.partition(f"## {SECTION}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[number]


def pasted(code: str, folder: Path) -> str:
    """What the shell says to it."""
    environ = os.environ | {"VAR_FOLDER": str(folder / "var")}
    shell = ["sh", "-c", f"umask 022\n{code}"]
    done = subprocess.run(shell, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, done.stderr
    return done.stdout


def call(url: str, token: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data, headers), timeout=40) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def ask(program: Program) -> tuple[str, str]:
    """A conversation's address and token; it has a question and its answer."""
    asked = call(f"{program.url}/api/chat", body={"message": {"content": "What is Switchboard?"}})
    return f"/api/conversations/{asked['conversation_id']}/messages", asked["token"]


def test_what_was_backed_up_is_restored(folder: Path) -> None:
    var = folder / "var"
    with Program(var) as program:
        path, token = ask(program)
        made = re.search(r"The backup is in (\S+)\.$", pasted(recipe(0), folder))
        assert made
        later, later_token = ask(program)
        for copied in [folder / "backup", folder / made[1], *(folder / made[1]).iterdir()]:
            assert copied.stat().st_mode & 0o077 == 0, copied
        assert PRINTED in recipe(1)
        assert program.runs
        said = pasted(recipe(1).replace(PRINTED, f"backup={made[1]}\n"), folder)
        assert "Stopped." in said
    with Program(var) as program:
        assert len(call(program.url + path, token)["items"]) == 2
        assert call(program.url + later, later_token)["items"] == [], "it came after the backup"


def test_it_is_restored_on_a_new_machine(folder: Path) -> None:
    var = folder / "var"
    with Program(var) as program:
        path, token = ask(program)
        made = re.search(r"The backup is in (\S+)\.$", pasted(recipe(0), folder))
    assert made
    shutil.rmtree(var)
    assert "is not running" in pasted(recipe(1).replace(PRINTED, f"backup={made[1]}\n"), folder)
    assert (var / "secrets.env").stat().st_mode & 0o077 == 0
    with Program(var) as program:
        assert len(call(program.url + path, token)["items"]) == 2
