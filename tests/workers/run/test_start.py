"""What the runner says before it starts anything."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from models.settings import ROOT


def _started(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A run that ends at once, since its port is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        own = {"VAR_FOLDER": str(folder), "PORT": str(taken.getsockname()[1]), "PATH": os.environ["PATH"]}
        return subprocess.run(
            [sys.executable, "-m", "workers.run", "run"], cwd=ROOT, env=own | environ, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip


def test_a_misspelt_variable_is_a_warning(tmp_path: Path) -> None:
    told = _started(tmp_path, LLM_MODLE="openai/gpt-4o", OPENAI_API_KEY="sk")
    assert "Warning about the environment: LLM_MODLE is not a setting; did you mean LLM_MODEL?" in told.stdout
    assert told.stdout.count("Warning") == 1
    assert "is taken" in told.stderr, "it went on"
    assert "gpt-4o" not in told.stdout + told.stderr
