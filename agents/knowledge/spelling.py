"""Mends words with one wrong, missing, superfluous or swapped letter (`postgress`), by the words of the documents.

Every known word is kept under what is left of it when one letter is taken away, as in SymSpell (Garbe, 2012): two words
that are one such mistake apart share one of these. A look-up costs microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SHORTEST = 5  # letters; shorter words are too easily taken for others


class Spelling:
    def __init__(self, known: Iterable[str]) -> None:
        """The known words, the most likely first: of several that fit, the first is taken."""
        self._known: dict[str, str] = {}
        for word in known:
            for rest in _rests(word):
                self._known.setdefault(rest, word)

    def mended(self, word: str) -> str:
        """The known word that was meant, else the word itself."""
        return next((self._known[rest] for rest in _rests(word) if rest in self._known), word)


def _rests(word: str) -> Iterator[str]:
    if len(word) < SHORTEST or not word.isalpha():
        return
    yield word
    for at in range(1, len(word)):  # first letters are seldom wrong
        yield word[:at] + word[at + 1 :]
