"""A plugin of pytest: what each part of the suite took, beside its budget. It only tells, and fails nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

# Part → seconds on two quiet cores with three processes. A test belongs to the longest name that fits; "" is the unit part.
BUDGETS = {
    "acceptance": 240,
    "pages": 210,
    "ingress/sockets": 60,
    "ingress/accounts": 45,
    "contracts": 45,
    "readme": 20,
    "gate": 10,
    "workers/run": 5,
    "ingress/cli": 10,
    "bench": 60,
    "ingress/streams/test_": 20,
    "ingress/test_": 10,
    "": 45,
}
_spent: Counter[str] = Counter()  # microseconds, so that it counts


def part(name: str) -> str:
    """The part to which a test or a file belongs."""
    inside = name.removeprefix("tests/")
    return max((part for part in BUDGETS if inside.startswith(part)), key=len)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Adds what it took to be set up, run and ended."""
    _spent[part(report.nodeid)] += int(report.duration * 1e6)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line for each part that ran, the longest first."""
    if hasattr(config, "workerinput") or not _spent:
        return
    processes = max(1, getattr(config.option, "numprocesses", None) or 1)
    terminalreporter.section("seconds")
    for name, spent in _spent.most_common():
        seconds, budget = spent / 1e6 / processes, BUDGETS[name]
        over = "   over its budget" if seconds > budget else ""
        terminalreporter.write_line(f"{name or 'unit':<20}{seconds:7.0f} of {budget:4}{over}")
