"""The documents as sections: each heading with the text below it, up to the next.

Read are README.md, docs/**/*.md and the files beside this one. Left out are decision records, benchmarks and the
changelog: they tell of what was tried, and would be quoted as if it were so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN = Path(__file__).resolve().parent
LEFT_OUT = ("docs/decisions/", "docs/benchmarks")
_HEADING = re.compile(r"^(#{1,4}) +(.+?) *#*$")
_FENCE = re.compile(r"^ *(```|~~~)")
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_DRAWING = re.compile(r"^ *```mermaid.*?^ *```\n?", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")


@dataclass(frozen=True)
class Section:
    """One heading of one document. `asked_as` holds other words for it, kept in a comment that no reader sees."""

    title: str
    heading: str
    path: str
    text: str
    asked_as: str = ""

    @property
    def source(self) -> str:
        """`Title › Heading`, as it is shown to people."""
        return self.title if self.heading == self.title else f"{self.title} › {self.heading}"


def documents(root: Path = ROOT) -> list[Path]:
    """The files that are read, in a fixed order."""
    found = [root / "README.md", *sorted((root / "docs").glob("**/*.md")), *sorted(OWN.glob("*.md"))]
    return [path for path in found if path.is_file() and not _name(path, root).startswith(LEFT_OUT)]


def load(root: Path = ROOT) -> list[Section]:
    """All sections with a text."""
    return [section for path in documents(root) for section in split(path.read_text("utf-8"), _name(path, root))]


def split(markdown: str, path: str) -> Iterator[Section]:
    """The sections of one document. A `#` inside a code fence is no heading."""
    title = heading = Path(path).stem
    lines: list[str] = []
    fenced = False
    for line in [*_DRAWING.sub("", markdown).splitlines(), "# "]:
        fenced ^= bool(_FENCE.match(line))
        found = None if fenced else _HEADING.match(line)
        if not found and line != "# ":
            lines.append(line)
            continue
        yield from _section(title, heading, path, "\n".join(lines))
        if found:
            heading, lines = found[2], []
            title = found[2] if found[1] == "#" else title


def _section(title: str, heading: str, path: str, text: str) -> Iterator[Section]:
    asked_as = " ".join(_COMMENT.findall(text))
    shown = _PICTURE.sub("", _COMMENT.sub("", text)).strip()
    if shown:
        yield Section(title, heading, path, shown, asked_as)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root if path.is_relative_to(root) else ROOT).as_posix()
