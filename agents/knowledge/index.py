"""Search in the sections by BM25 (Robertson and Zaragoza, 2009; `bm25s`), with a word on how much of the question a
section knows, which tells a poor match from none."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import log

import bm25s
import numpy as np

from agents.knowledge.sections import Section, load
from agents.knowledge.spelling import Spelling
from agents.knowledge.words import SYNONYMS, terms, words

HEADING_WEIGHT = 3
TITLE_WEIGHT = 1
LOOKED_AT = 6
OWN_FOLDER = "agents/knowledge/"
OFTEN_MISSPELT = ("support", "supports", "supported", "possible", "explain", "happens", "happened")  # that tell nothing
OUR_NAME = terms("Switchboard")  # every section is about it, so it tells nothing beside other words
ELSEWHERE = 0.8  # README and docs are written for reading through; ours are written to be quoted


logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG when it is imported


@dataclass(frozen=True)
class Hit:
    """A section, its rank (higher is better) and the share of the question's weight of words it has (0 to 1)."""

    section: Section
    score: float
    coverage: float


class Index:
    """Sections, searchable. Building takes milliseconds; searching about 0.1 ms."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        weighted = [_weighted(section) for section in sections]
        self._words = [frozenset(w) for w in weighted]
        frequency = Counter(term for known in self._words for term in known)
        self._rarest = self._rarity_of(0)
        self._rarity = {term: self._rarity_of(count) for term, count in frequency.items()}
        self._bm25 = bm25s.BM25()
        self._bm25.index(weighted, show_progress=False)
        self._factor = np.array([1.0 if s.path.startswith(OWN_FOLDER) else ELSEWHERE for s in sections])

        self._spelling = Spelling(_vocabulary(sections))

    def terms(self, question: str) -> list[str]:
        """The terms of a question; a word that no section has is read as the known one that it is a slip of, if any."""
        return [term for word in words(question) for term in self._terms_of(word)]

    def _terms_of(self, word: str) -> list[str]:
        found = terms(word)
        return found if all(term in self._rarity for term in found) else terms(self._spelling.mended(word))

    def _rarity_of(self, count: int) -> float:
        return log(1 + (len(self.sections) - count + 0.5) / (count + 0.5))

    def rarity(self, term: str) -> float:
        """Inverse document frequency; a word that no section has weighs most."""
        return self._rarity.get(term, self._rarest)

    def coverage(self, asked: Iterable[str], known: Iterable[str] | None = None) -> float:
        """The share of the words' weight that `known` (else: any section) has."""
        of = set(asked)
        there = self._rarity if known is None else set(known)
        whole = sum(self.rarity(term) for term in of)
        return sum(self.rarity(term) for term in of if term in there) / whole if whole else 0.0

    def search(self, question: str, limit: int = 3) -> list[Hit]:
        """The best sections for a question, best first; none when it has no word in common with any."""
        return self.find(self.terms(question), limit)

    def find(self, asked: Sequence[str], limit: int = 3) -> list[Hit]:
        """The same, for terms."""
        asked = [term for term in asked if term not in OUR_NAME] or asked
        known = [term for term in asked if term in self._rarity]
        if not known:
            return []
        scores = self._bm25.get_scores(known) * self._factor
        best = np.argsort(-scores, kind="stable")[: max(limit, LOOKED_AT)]
        hits = [self._hit(int(n), float(scores[n]), asked) for n in best if scores[n] > 0]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def _hit(self, number: int, score: float, asked: Sequence[str]) -> Hit:
        coverage = self.coverage(asked, self._words[number])
        return Hit(self.sections[number], score * (0.5 + coverage), coverage)


def _weighted(section: Section) -> list[str]:
    """A heading says in few words what its text says in many. Only one that names us is about us."""
    return (
        terms(section.heading) * HEADING_WEIGHT
        + _nameless(section.title) * TITLE_WEIGHT
        + sorted(set(terms(section.asked_as))) * 2
        + _nameless(section.text)
    )


def _vocabulary(sections: Sequence[Section]) -> list[str]:
    """All words that a slip may be read as, the more frequent ones first."""
    said = Counter(word for s in sections for word in words(f"{s.heading} {s.asked_as} {s.text}"))
    frequent = sorted(filter(terms, said), key=lambda word: (-said[word], word))
    return [*OFTEN_MISSPELT, *words(SYNONYMS), *frequent]


def _nameless(text: str) -> list[str]:
    return [term for term in terms(text) if term not in OUR_NAME]


@cache
def shipped() -> Index:
    """The index of the documents that come with Switchboard, built once a process."""
    return Index(load())
