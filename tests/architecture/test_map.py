"""docs/map.md names every room of every floor, and no other."""

from __future__ import annotations

import re

import pytest

from tests.live import ROOT

FLOORS = ("ingress", "workers", "channels", "agents", "models")
HIDDEN = re.compile(r"__.*|.*\.(md|lua|html)")


def rooms(floor: str) -> set[str]:
    found = (path for path in (ROOT / floor).iterdir() if not HIDDEN.fullmatch(path.name))
    return {path.stem for path in found if path.is_dir() or path.suffix == ".py"}


def named(floor: str) -> set[str]:
    """The names in a floor's column of the first table and in its row of the second."""
    found: set[str] = set()
    column = None
    for line in (ROOT / "docs" / "map.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "capability":
            column = cells.index(floor)
        elif not line.startswith("|"):
            column = None
        elif column is not None:
            found |= set(re.findall(r"`(\w+)`", cells[column]))
        elif cells[0] == floor:
            found |= set(re.findall(r"`(\w+)`", cells[1]))
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_the_map_names_every_room(floor: str) -> None:
    assert rooms(floor) == named(floor)
