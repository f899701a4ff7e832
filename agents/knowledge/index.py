"""Search in the sections by BM25 (Robertson and Zaragoza, 2009; `bm25s`), with the share of the question that a section
covers, which tells a poor match from no match."""

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
CANDIDATES = 6
OWN_FOLDER = "agents/knowledge/"
# Words without meaning for a search.
OFTEN_MISSPELT = ("support", "supports", "supported", "possible", "explain", "happens", "happened")
OUR_NAME = terms("Switchboard")  # every section is about it, so it distinguishes none
ELSEWHERE = 0.8  # README and docs are written to be read in full, our own files to be quoted


logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets its level to DEBUG at import


@dataclass(frozen=True)
class Hit:
    """A section, its score (higher is better), and the share of the question's weight that it covers (0 to 1)."""

    section: Section
    score: float
    coverage: float


class Index:
    """Searchable sections. Building takes milliseconds, a search about 0.1 ms."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        weighted = [_weighted(section) for section in sections]
        self._words = [frozenset(section_terms) for section_terms in weighted]
        frequency = Counter(term for section_terms in self._words for term in section_terms)
        self._rarest = self._rarity_of(0)
        self._rarity = {term: self._rarity_of(count) for term, count in frequency.items()}
        self._bm25 = bm25s.BM25()
        self._bm25.index(weighted, show_progress=False)
        self._factor = np.array([1.0 if s.path.startswith(OWN_FOLDER) else ELSEWHERE for s in sections])

        self._spelling = Spelling(_vocabulary(sections))

    def terms(self, question: str) -> list[str]:
        """The terms of a question. An unknown word is read as the known word that it probably misspells."""
        return [term for word in words(question) for term in self._terms_of(word)]

    def _terms_of(self, word: str) -> list[str]:
        word_terms = terms(word)
        return word_terms if all(term in self._rarity for term in word_terms) else terms(self._spelling.mended(word))

    def _rarity_of(self, count: int) -> float:
        return log(1 + (len(self.sections) - count + 0.5) / (count + 0.5))

    def rarity(self, term: str) -> float:
        """The inverse document frequency of a term; highest for a term that no section has."""
        return self._rarity.get(term, self._rarest)

    def coverage(self, question_terms: Iterable[str], covered: Iterable[str] | None = None) -> float:
        """The share of the terms' weight that is `covered` (default: by any section)."""
        distinct = set(question_terms)
        present = self._rarity if covered is None else set(covered)
        total = sum(self.rarity(term) for term in distinct)
        return sum(self.rarity(term) for term in distinct if term in present) / total if total else 0.0

    def search(self, question: str, limit: int = 3) -> list[Hit]:
        """The best sections for a question, best first; none when it shares no word with any."""
        return self.find(self.terms(question), limit)

    def find(self, question_terms: Sequence[str], limit: int = 3) -> list[Hit]:
        """As `search`, for terms."""
        question_terms = [term for term in question_terms if term not in OUR_NAME] or question_terms
        known_terms = [term for term in question_terms if term in self._rarity]
        if not known_terms:
            return []
        scores = self._bm25.get_scores(known_terms) * self._factor
        best = np.argsort(-scores, kind="stable")[: max(limit, CANDIDATES)]
        hits = [self._hit(int(n), float(scores[n]), question_terms) for n in best if scores[n] > 0]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def _hit(self, number: int, score: float, question_terms: Sequence[str]) -> Hit:
        coverage = self.coverage(question_terms, self._words[number])
        return Hit(self.sections[number], score * (0.5 + coverage), coverage)


def _weighted(section: Section) -> list[str]:
    """The section's terms with their weights. A heading counts more than its text. Our own name counts only in a heading."""
    return (
        terms(section.heading) * HEADING_WEIGHT
        + _nameless(section.title) * TITLE_WEIGHT
        + sorted(set(terms(section.asked_as))) * 2
        + _nameless(section.text)
    )


def _vocabulary(sections: Sequence[Section]) -> list[str]:
    """All words that a misspelt one may stand for, the most frequent first."""
    counts = Counter(word for s in sections for word in words(f"{s.heading} {s.asked_as} {s.text}"))
    frequent = sorted(filter(terms, counts), key=lambda word: (-counts[word], word))
    return [*OFTEN_MISSPELT, *words(SYNONYMS), *frequent]


def _nameless(text: str) -> list[str]:
    return [term for term in terms(text) if term not in OUR_NAME]


@cache
def shipped() -> Index:
    """The index of the documents that come with Switchboard, built once per process."""
    return Index(load())
