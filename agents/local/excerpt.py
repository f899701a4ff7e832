"""The part of a section that answers: its most telling blocks (sentences, list items, table rows, code), in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agents.knowledge.words import terms

SHORT = 560  # characters; a section up to this length is given whole
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“`(])")
_LIST_ITEM = re.compile(r"^\s*([-*+]|\d+\.)\s")
_HTML = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class _Block:
    """What must stay together. `joint` is what stands before it in the markdown."""

    text: str
    joint: str


def excerpt(text: str, asked: Iterable[str], limit: int = SHORT) -> str:
    """At most about `limit` characters of `text` (one block may be longer), as well-formed markdown."""
    if len(text) <= limit:
        return text
    blocks = list(_blocks(text))
    kept = sorted(_best(blocks, frozenset(asked), limit))
    return "".join(_shown(blocks, kept)).strip()


def _best(blocks: Sequence[_Block], asked: frozenset[str], limit: int) -> set[int]:
    """The blocks with most of the words asked for; of equals the earlier, since texts begin with what matters."""
    ranked = sorted(range(len(blocks)), key=lambda n: (-len(asked & set(terms(blocks[n].text))), n))
    kept: set[int] = set()
    length = 0
    for number in ranked:
        length += len(blocks[number].text)
        if kept and length > limit:
            break
        kept.add(number)
    return kept


def _shown(blocks: Sequence[_Block], kept: Sequence[int]) -> Iterator[str]:
    before = -1
    for number in kept:
        skipped = number != before + 1
        yield "\n\n" if skipped and blocks[number].joint == " " else blocks[number].joint
        yield blocks[number].text
        before = number


def _blocks(text: str) -> Iterator[_Block]:
    for paragraph in _paragraphs(text):
        if paragraph.lstrip().startswith(("```", "~~~", "|", ">")):
            yield _Block(paragraph, "\n\n")
        elif _LIST_ITEM.match(paragraph):
            yield from _joined(_items(paragraph), "\n")
        else:
            yield from _joined(_SENTENCE_END.split(_HTML.sub("", paragraph)), " ")


def _joined(parts: Iterable[str], joint: str) -> Iterator[_Block]:
    for number, part in enumerate(parts):
        yield _Block(part, joint if number else "\n\n")


def _paragraphs(text: str) -> Iterator[str]:
    """Parted at empty lines, but not inside a code fence."""
    held: list[str] = []
    fenced = False
    for line in [*text.splitlines(), ""]:
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if line.strip() or fenced:
            held.append(line)
        elif held:
            yield "\n".join(held)
            held = []


def _items(paragraph: str) -> list[str]:
    """List items with the lines that belong to them."""
    items: list[str] = []
    for line in paragraph.splitlines():
        if _LIST_ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += "\n" + line
    return items
