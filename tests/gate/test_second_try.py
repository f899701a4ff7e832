"""What failed by chance is told and forgiven, up to a number; what is broken stays broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gate.second_try import MOST
from tests.live import ROOT

STEADY = "def test_steady(): pass\n"
UNSTEADY = """
import pathlib
def test_unsteady_{n}():
    marker = pathlib.Path("been-here-{n}")
    was_there = marker.exists()
    marker.touch()
    assert was_there, "the first try"
"""
BROKEN = "def test_broken(): assert False\n"
TEARDOWN = """
import pathlib, pytest
@pytest.fixture
def ending():
    yield
    marker = pathlib.Path("been-here-at-the-end")
    was_there = marker.exists()
    marker.touch()
    assert was_there, "the first try"
def test_ends_badly_once(ending): pass
"""
CRASHES = """
import os, pathlib
def test_crashes_at_the_second_try():
    if pathlib.Path("been-here").exists():
        os._exit(0)
    pathlib.Path("been-here").touch()
    assert False
"""


def _run(folder: Path, tests: str, *options: str) -> tuple[int, str]:
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    (folder / "test_tiny.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-p", "tests.gate.second_try", *options]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)
    return run.returncode, run.stdout + run.stderr


def _closing(output: str) -> str:
    """The last line without its time, its signs and its colours."""
    return re.sub(r" in [\d.]+s.*", "", output.strip().splitlines()[-1].strip("= "))


def test_a_run_without_failures_is_as_it_was(tmp_path: Path) -> None:
    code, output = _run(tmp_path, STEADY)
    assert (code, _closing(output)) == (0, "1 passed"), output
    assert "unsteady" not in output


@pytest.mark.parametrize("options", [[], ["-p", "xdist", "-n", "2"]], ids=["one process", "two processes"])
def test_those_that_pass_alone_are_named_and_forgiven(tmp_path: Path, options: list[str]) -> None:
    code, output = _run(tmp_path, STEADY + UNSTEADY.format(n=1) + TEARDOWN, *options)
    assert (code, _closing(output)) == (0, "2 passed, 2 unsteady"), output
    assert re.search(r"^=+ unsteady =+$", output, re.MULTILINE)
    assert "AssertionError: the first try" in output
    for name in ("test_unsteady_1", "test_ends_badly_once"):
        assert f"\nUNSTEADY test_tiny.py::{name}\n" in output


def test_too_many_are_told_and_not_forgiven(tmp_path: Path) -> None:
    code, output = _run(tmp_path, STEADY + "".join(UNSTEADY.format(n=n) for n in range(MOST + 1)))
    assert (code, _closing(output)) == (1, f"{MOST + 1} failed, 1 passed"), output
    assert output.count("\nUNSTEADY ") == MOST + 1


def test_one_that_fails_twice_is_broken_whatever_else_is_unsteady(tmp_path: Path) -> None:
    code, output = _run(tmp_path, STEADY + UNSTEADY.format(n=1) + BROKEN)
    assert (code, _closing(output)) == (1, "2 failed, 1 passed"), output
    assert "FAILED test_tiny.py::test_broken" in output
    assert "UNSTEADY test_tiny.py::test_unsteady_1\n" in output


def test_a_second_try_that_crashes_has_not_passed(tmp_path: Path) -> None:
    code, output = _run(tmp_path, CRASHES)
    assert (code, _closing(output)) == (1, "1 failed"), output


def test_a_file_that_cannot_be_read_is_no_chance(tmp_path: Path) -> None:
    code, output = _run(tmp_path, STEADY + "raise ValueError\n")
    assert code != 0, output
    assert "UNSTEADY" not in output


def test_too_little_coverage_is_not_forgiven(tmp_path: Path) -> None:
    (tmp_path / "covered.py").write_text("def never():\n    return 1\n")
    floor = ("-p", "pytest_cov", "--cov=covered", "--cov-fail-under=100")
    code, output = _run(tmp_path, "import covered\n" + UNSTEADY.format(n=1), *floor)
    assert code == 1, output
    assert "UNSTEADY" not in output
