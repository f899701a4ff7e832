"""Correction of words with one wrong, missing, extra or swapped letter (`postgress`), by the words of the documents.

Every known word is stored under itself with each letter removed in turn, as in SymSpell (Garbe, 2012): two words that
are one such mistake apart share one of these forms. A look-up takes microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SHORTEST = 5  # letters; shorter words are too similar to others


class Spelling:
    def __init__(self, words: Iterable[str]) -> None:
        """`words`: the known words, the most likely first. If several match, the first is taken."""
        self._known: dict[str, str] = {}
        for word in words:
            for rest in _rests(word):
                self._known.setdefault(rest, word)

    def mended(self, word: str) -> str:
        """The known word that was probably meant, or else the word itself."""
        return next((self._known[rest] for rest in _rests(word) if rest in self._known), word)


def _rests(word: str) -> Iterator[str]:
    if len(word) < SHORTEST or not word.isalpha():
        return
    yield word
    for at in range(1, len(word)):  # first letters are seldom wrong
        yield word[:at] + word[at + 1 :]
