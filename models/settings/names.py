"""Misspelt names of settings, which would have no effect, and the names that were probably meant."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable

# Variables that model providers' SDKs read (OPENAI_API_KEY, AZURE_API_BASE, AWS_REGION_NAME …).
PROVIDERS = re.compile(r"[A-Z0-9_]+_API_(KEY|BASE|VERSION)|(AWS|AZURE|VERTEX|GOOGLE)_[A-Z0-9_]+|OLLAMA_[A-Z0-9_]+")
# `LLM_MODLE` and `LLM_MODEL` are 0.89 alike. None of the nine hundred names that LiteLLM reads is that close to ours.
ALIKE = 0.85


def misspelt(names: Iterable[str], known: Iterable[str], families: Iterable[str]) -> list[str]:
    """A sentence for each name that is nearly a setting's: `LLM_MODLE is not a setting; did you mean LLM_MODEL?`

    `families`: prefixes that any ending may follow, such as `INBOUND_SECRET_`.
    """
    settings, beginnings = sorted(known), sorted(families)
    guesses = ((name, _meant(name, settings, beginnings)) for name in sorted(set(names).difference(settings)))
    return [f"{name} is not a setting; did you mean {meant}?" for name, meant in guesses if meant]


def unknown(names: Iterable[str], known: Iterable[str], families: Iterable[str]) -> list[str]:
    """As `misspelt`, plus a sentence for each other name that begins like settings: `RATELIMIT_FOO is not a setting.`"""
    settings, beginnings, names = sorted(known), sorted(families), sorted(names)
    sentences = misspelt(names, settings, beginnings)
    counts = Counter(name.partition("_")[0] for name in settings)
    prefixes = tuple(f"{first_word}_" for first_word, count in counts.items() if count > 2)
    remaining = {name for name in names if name.startswith(prefixes)}.difference(
        settings, (line.split()[0] for line in sentences)
    )
    return sentences + [f"{name} is not a setting." for name in sorted(remaining) if not _is_of(name, beginnings)]


def _meant(name: str, settings: list[str], families: list[str]) -> str | None:
    """The setting, or the family and `…`, that the name nearly matches; None when it matches none."""
    if _is_of(name, families) or PROVIDERS.fullmatch(name):
        return None
    upper = name.upper()
    same_letters = [setting for setting in settings if sorted(setting) == sorted(upper)]
    for setting in same_letters + difflib.get_close_matches(upper, settings, 1, ALIKE):
        return setting
    for family in families:
        if difflib.SequenceMatcher(None, upper[: len(family)], family).ratio() >= ALIKE:
            return f"{family}…"
    return None


def _is_of(name: str, families: list[str]) -> bool:
    return any(re.fullmatch(re.escape(family) + r"[A-Z0-9_]+", name) for family in families)
