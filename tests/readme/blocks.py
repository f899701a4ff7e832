"""The code blocks of README.md, as a reader would copy them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.settings import ROOT

README = ROOT / "README.md"
_BLOCK = re.compile(r"^## (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block, with the heading it stands under."""

    heading: str
    language: str
    code: str


def blocks() -> list[Block]:
    """All fenced blocks in order."""
    found, heading = [], ""
    for match in _BLOCK.finditer(README.read_text(encoding="utf-8")):
        if match["heading"]:
            heading = match["heading"]
        else:
            found.append(Block(heading, match["language"], match["code"]))
    return found


def example(heading: str, language: str, number: int = 0) -> str:
    """The code of a block. Fails when README.md has none such."""
    found = [block.code for block in blocks() if (block.heading, block.language) == (heading, language)]
    assert number < len(found), f"README.md has no block {number} of {language} under “{heading}”"
    return found[number]
