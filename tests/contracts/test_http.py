"""The API document is as good as the wire: schemathesis calls every operation of the running program as it says.

What it sends is made of the document: its examples, the borders of its schemas, some of everything, and chains of calls.
It is the same in every run. An answer of which the document has another status, header, content type or body is a fault,
and so is a 5xx.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.acceptance.superuser import create_superuser
from tests.contracts.world import PASSWORD, made
from tests.live import ROOT
from tests.program import Program

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
# They need a code that was sent, a passkey, or the id of something of the very user: tests/ingress has them, and compares.
SUCCEED_ELSEWHERE = {
    "verifyEmail", "verifyPhone", "completePasskeyLogin", "completePasskeyRegistration", "deleteApiKey", "deletePasskey",
}  # fmt: skip


def test_every_operation_answers_as_the_document_says(program: Program, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    root = ("--email", "root@example.org", "--username", "root", "--password-stdin")
    create_superuser(program, *root, said=f"{PASSWORD}\n")
    environ = {
        "CONTRACT_WORLD": json.dumps(made(program.url, program.settings.passkey_origin, "root")),
        "CONTRACT_SEEN": str(seen),
    }
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", "--no-color"]
    done = subprocess.run(
        [*command, f"{program.url}/openapi.json"], env=os.environ | environ | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path,
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    answers: dict[str, list[int]] = json.loads(seen.read_text())
    assert answers.keys() == _operations(program)
    succeeded = {name for name, statuses in answers.items() if min(statuses) < 300}
    assert answers.keys() - succeeded <= SUCCEED_ELSEWHERE


def _operations(program: Program) -> set[str]:
    document = httpx.get(f"{program.url}/openapi.json", trust_env=False).json()
    return {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
