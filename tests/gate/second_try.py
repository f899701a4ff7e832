"""A plugin of pytest: tests that failed are run once more at the end, each alone, in a process of its own.

Those that pass then are printed under the heading "unsteady", with what was wrong the first time, so that somebody mends
them. The run passes if there are at most MOST of them and no test failed twice. `-p tests.gate.second_try` turns it on.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

MOST = 3  # unsteady tests in a run that passes
BY_CHANCE = 10  # failures; more of them have a cause, and are not tried again
WITHIN = 600.0  # seconds for one test
UNSTEADY = pytest.StashKey[dict[str, list[Any]]]()


@pytest.hookimpl(trylast=True)  # when the processes of xdist have ended
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Before the summary is written."""
    config = session.config
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(config, "workerinput") or reporter is None or exitstatus != pytest.ExitCode.TESTS_FAILED:
        return
    failures = [report for kind in ("failed", "error") for report in reporter.stats.get(kind, ())]
    if session.shouldfail or session.shouldstop or session.testsfailed != len(failures):
        return  # it was stopped, or more than tests has failed: coverage
    names = dict.fromkeys(report.nodeid for report in failures)
    if len(names) > BY_CHANCE:
        return
    reporter.section("second try", sep="-")
    passed = [name for name in names if _passes(name, reporter)]
    config.stash[UNSTEADY] = {name: [report for report in failures if report.nodeid == name] for name in passed}
    if len(passed) == len(names) <= MOST:
        _forgive(reporter, list(config.stash[UNSTEADY].values()))
        session.exitstatus = pytest.ExitCode.OK


def _passes(name: str, reporter: Any) -> bool:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", name]
    try:
        run = subprocess.run(
            command, cwd=reporter.config.rootpath, capture_output=True, text=True, check=False, timeout=WITHIN
        )
    except subprocess.TimeoutExpired:
        reporter.write_line(f"{name}: not done after {WITHIN:.0f} s")
        return False
    last = (run.stdout.strip().splitlines() or ["without a word"])[-1]
    reporter.write_line(f"{name}: {last}")
    if run.returncode:
        reporter.write_line(run.stdout + run.stderr)
    return run.returncode == 0 and " passed" in last


def _forgive(reporter: Any, failures: list[list[Any]]) -> None:
    """The closing line counts them as unsteady, not as failed."""
    for kind in ("failed", "error"):
        reporter.stats.pop(kind, None)
    for reports in failures:
        reporter._add_stats("unsteady", reports[:1])  # its own way to learn of a new word
    reporter._set_main_color()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The heading, and what was wrong."""
    unsteady = config.stash.get(UNSTEADY, {})
    if not unsteady:
        return
    terminalreporter.section("unsteady")
    for name, reports in unsteady.items():
        for report in reports:
            terminalreporter.write_line(f"{name} failed at {report.when} and passed when it was alone:")
            terminalreporter.write_line(report.longreprtext)
            for title, content in report.sections:
                terminalreporter.write_line(f"--- {title}\n{content}")
    for name in unsteady:
        terminalreporter.write_line(f"UNSTEADY {name}")
    if len(unsteady) > MOST:
        terminalreporter.write_line(f"{len(unsteady)} are too many: at most {MOST} may be unsteady.")
