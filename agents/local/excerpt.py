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
    """What must stay together: a sentence, a list item, or a whole table or code fence. Blocks of one paragraph or list
    have its number; `joint` is what stands between two of them, `gap` when some were left out."""

    text: str
    paragraph: int
    joint: str = "\n\n"
    gap: str = "\n\n"


def excerpt(text: str, asked: Iterable[str], limit: int = SHORT) -> str:
    """At most about `limit` characters of `text` (one block may be longer), as well-formed markdown."""
    if len(text) <= limit:
        return text
    blocks = list(_blocks(text))
    kept = sorted(_best(blocks, frozenset(asked), limit))
    return "".join(_shown(blocks, kept)).strip()


def _best(blocks: Sequence[_Block], asked: frozenset[str], limit: int) -> set[int]:
    """The blocks with most of the words asked for; of equals the earlier, since texts begin with what matters. What a
    kept block announces with a colon is kept with it."""
    weight = [len(asked & set(terms(block.text))) for block in blocks]
    kept: set[int] = set()
    length = 0
    for number in sorted(range(len(blocks)), key=lambda n: (-weight[n], n)):
        length += len(blocks[number].text)
        if kept and (length > limit or not weight[number]):
            break
        kept.add(number)
        if blocks[number].text.endswith(":") and number + 1 < len(blocks):
            kept.add(number + 1)
    return kept


def _shown(blocks: Sequence[_Block], kept: Sequence[int]) -> Iterator[str]:
    before: int | None = None
    for number in kept:
        block = blocks[number]
        if before is not None and blocks[before].paragraph == block.paragraph:
            yield block.joint if number == before + 1 else block.gap
        else:
            yield "\n\n"
        yield block.text
        before = number


def _blocks(text: str) -> Iterator[_Block]:
    for number, paragraph in enumerate(_paragraphs(text)):
        if paragraph.lstrip().startswith(("```", "~~~", "|", ">")):
            yield _Block(paragraph, number)
        elif _LIST_ITEM.match(paragraph):
            yield from (_Block(item, number, "\n", "\n") for item in _items(paragraph))
        else:
            sentences = _SENTENCE_END.split(_HTML.sub("", paragraph))
            yield from (_Block(sentence, number, " ", " … ") for sentence in sentences)


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
