"""openapi-typescript makes types of the API document; a client with them compiles; people chat, list and sign in with it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import httpx

from tests.contracts.javascript import FOLDER, packages
from tests.program import Program

COMPILED = "--strict --skipLibCheck --target es2022 --module nodenext --lib es2022,dom talk.ts"


def test_people_chat_list_and_sign_in(program: Program, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(packages())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "openapi.json").write_text(httpx.get(f"{program.url}/openapi.json", trust_env=False).text)
    shutil.copy(FOLDER / "talk.ts", tmp_path)
    _run(tmp_path, "node_modules/.bin/openapi-typescript", "openapi.json", "--output", "api.d.ts")
    _run(tmp_path, "node_modules/.bin/tsc", *COMPILED.split())
    told = json.loads(_run(tmp_path, "node", "talk.js", program.url))
    assert told["chat"]["reply"]
    assert told["chat"]["authors"] == ["contact", "agent"]
    assert told["user"] == {"owner": True, "listed": 1, "profile": [True, "Ada King", "I count"]}
    assert told["refused"] == [401, "urn:switchboard:problem:unauthenticated"]


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
