"""Superusers are made at a shell."""

from __future__ import annotations

import subprocess
import sys

from tests.live import ROOT
from tests.program import Program


def create_superuser(program: Program, *words: str, said: str = "") -> str:
    """What `flask --app ingress create-superuser` prints, on the stores of the program."""
    command = [sys.executable, "-m", "flask", "--app", "ingress", "create-superuser", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=program.environ, input=said, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
