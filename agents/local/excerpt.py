"""Excerpts: the most relevant blocks of a section (sentences, list items, table rows, code), in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agents.knowledge.words import terms

SHORT = 560  # characters; a section up to this length is quoted whole
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“`(])")
_LIST_ITEM = re.compile(r"^\s*([-*+]|\d+\.)\s")
_HTML = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class _Block:
    """An indivisible part: a sentence, a list item, or a whole table or code fence.

    `paragraph`: the number of its paragraph or list. `joint`: the separator to the next block of the paragraph; `gap`: the
    separator when blocks between them were left out."""

    text: str
    paragraph: int
    joint: str = "\n\n"
    gap: str = "\n\n"


def excerpt(text: str, question_terms: Iterable[str], limit: int = SHORT) -> str:
    """At most about `limit` characters of `text` (one block may be longer), as well-formed markdown."""
    if len(text) <= limit:
        return text
    blocks = list(_blocks(text))
    selected = sorted(_best(blocks, frozenset(question_terms), limit))
    return "".join(_joined(blocks, selected)).strip()


def _best(blocks: Sequence[_Block], question_terms: frozenset[str], limit: int) -> set[int]:
    """The numbers of the blocks with most of the terms; of equals the earlier, since texts begin with what matters. A block
    that follows a colon is selected with the block before it."""
    weight = [len(question_terms & set(terms(block.text))) for block in blocks]
    selected: set[int] = set()
    length = 0
    for number in sorted(range(len(blocks)), key=lambda n: (-weight[n], n)):
        length += len(blocks[number].text)
        if selected and (length > limit or not weight[number]):
            break
        selected.add(number)
        if blocks[number].text.endswith(":") and number + 1 < len(blocks):
            selected.add(number + 1)
    return selected


def _joined(blocks: Sequence[_Block], selected: Sequence[int]) -> Iterator[str]:
    previous: int | None = None
    for number in selected:
        block = blocks[number]
        if previous is not None and blocks[previous].paragraph == block.paragraph:
            yield block.joint if number == previous + 1 else block.gap
        else:
            yield "\n\n"
        yield block.text
        previous = number


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
    """The paragraphs, separated by empty lines outside code fences."""
    pending: list[str] = []
    fenced = False
    for line in [*text.splitlines(), ""]:
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if line.strip() or fenced:
            pending.append(line)
        elif pending:
            yield "\n".join(pending)
            pending = []


def _items(paragraph: str) -> list[str]:
    """List items, with the lines that belong to them."""
    items: list[str] = []
    for line in paragraph.splitlines():
        if _LIST_ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += "\n" + line
    return items
