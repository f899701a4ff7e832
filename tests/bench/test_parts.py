"""Every part of the benchmarks runs, with sizes so small that nothing is measured, and gives its rows."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from models.settings import ROOT
from tests.bench.__main__ import PARTS
from tests.bench.report import ROWS

WITHIN = 800  # seconds, on a crowded machine; alone it takes about one minute


def run_tiny() -> tuple[int, str, str]:
    """The return code, the output and the errors. One that takes too long ends what it has started."""
    command = [sys.executable, "-m", "tests.bench", "--tiny"]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            output, errors = process.communicate(timeout=WITHIN)
            return process.returncode, output, errors
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            return -1, *process.communicate()


@pytest.mark.timeout(WITHIN + 100)
def test_every_part_runs_and_is_reported() -> None:
    docs = ROOT / "docs" / "benchmarks.json"
    before = docs.read_bytes()
    code, output, errors = run_tiny()
    assert code == 0, output[-1000:] + errors[-3000:]
    assert [line for line in output.splitlines() if line.startswith("measuring")] == [
        f"measuring {name} …" for name in PARTS
    ]
    assert list(ROWS) == list(PARTS)
    assert docs.read_bytes() == before, "what was not measured is not written"
