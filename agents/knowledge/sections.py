"""The documents as sections: each heading with the text below it, up to the next heading.

Reads README.md, docs/**/*.md and the files beside this one. Skips decision records, benchmarks and the changelog: they
describe what was tried, and would be quoted as facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN = Path(__file__).resolve().parent
SKIPPED = ("docs/decisions/", "docs/benchmarks")
_HEADING = re.compile(r"^(#{1,4}) +(.+?) *#*$")
_FENCE = re.compile(r"^ *(```|~~~)")
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_DRAWING = re.compile(r"^ *```mermaid.*?^ *```\n?", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")


@dataclass(frozen=True)
class Section:
    """One heading of one document. `asked_as`: other words for it, from a comment that readers do not see."""

    title: str
    heading: str
    path: str
    text: str
    asked_as: str = ""

    @property
    def source(self) -> str:
        """`Title › Heading`, for people."""
        return self.title if self.heading == self.title else f"{self.title} › {self.heading}"


def documents(root: Path = ROOT) -> list[Path]:
    """The files to read, in a fixed order."""
    paths = [root / "README.md", *sorted((root / "docs").glob("**/*.md")), *sorted(OWN.glob("*.md"))]
    return [path for path in paths if path.is_file() and not _name(path, root).startswith(SKIPPED)]


def load(root: Path = ROOT) -> list[Section]:
    """All sections that have text."""
    return [section for path in documents(root) for section in split(path.read_text("utf-8"), _name(path, root))]


def split(markdown: str, path: str) -> Iterator[Section]:
    """The sections of one document. A `#` inside a code fence is no heading."""
    title = heading = Path(path).stem
    lines: list[str] = []
    fenced = False
    for line in [*_DRAWING.sub("", markdown).splitlines(), "# "]:
        fenced ^= bool(_FENCE.match(line))
        heading_match = None if fenced else _HEADING.match(line)
        if not heading_match and line != "# ":
            lines.append(line)
            continue
        yield from _section(title, heading, path, "\n".join(lines))
        if heading_match:
            heading, lines = heading_match[2], []
            title = heading_match[2] if heading_match[1] == "#" else title


def _section(title: str, heading: str, path: str, text: str) -> Iterator[Section]:
    asked_as = " ".join(_COMMENT.findall(text))
    visible = _PICTURE.sub("", _COMMENT.sub("", text)).strip()
    if visible:
        yield Section(title, heading, path, visible, asked_as)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root if path.is_relative_to(root) else ROOT).as_posix()
