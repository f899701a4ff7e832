"""The budgets name parts that exist, and each test has one."""

from __future__ import annotations

import re

import pytest

from tests.gate.budget import BUDGETS, part
from tests.live import ROOT


def test_each_part_exists() -> None:
    for name in BUDGETS:
        assert list((ROOT / "tests").glob(f"{name}*")), name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tests/pages/test_talking.py::test_x", "pages"),
        ("tests/ingress/sockets/test_tls.py::test_x", "ingress/sockets"),
        ("tests/ingress/streams/test_sse.py::test_x", "ingress/streams/test_"),
        ("tests/ingress/http/test_ops.py::test_x", ""),
        ("tests/workers/test_tasks.py::test_x[1]", ""),
    ],
)
def test_the_part_of_a_test(name: str, expected: str) -> None:
    assert part(name) == expected


def test_the_table_says_the_same() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| (?:`tests/(.+?)`|(unit)) \|.*\| (\d+) s \|$", table, re.MULTILINE)
    assert {name: int(seconds) for name, _, seconds in rows} == BUDGETS
