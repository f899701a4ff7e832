"""Names of settings that nobody reads because they are misspelt, and the names that were probably meant."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable

# What model providers' SDKs read, by their own names (OPENAI_API_KEY, AZURE_API_BASE, AWS_REGION_NAME …).
PROVIDERS = re.compile(r"[A-Z0-9_]+_API_(KEY|BASE|VERSION)|(AWS|AZURE|VERTEX|GOOGLE)_[A-Z0-9_]+|OLLAMA_[A-Z0-9_]+")
# `LLM_MODLE` is 0.89 like `LLM_MODEL`. Of the nine hundred names that LiteLLM reads, none is so much like a setting's.
ALIKE = 0.85


def misspelt(names: Iterable[str], known: Iterable[str], families: Iterable[str]) -> list[str]:
    """A sentence for each name that is nearly a setting's: `LLM_MODLE is not a setting; did you mean LLM_MODEL?`

    `families` are the beginnings that any ending may follow, such as `INBOUND_SECRET_`.
    """
    settings, beginnings = sorted(known), sorted(families)
    found = ((name, _meant(name, settings, beginnings)) for name in sorted(set(names).difference(settings)))
    return [f"{name} is not a setting; did you mean {meant}?" for name, meant in found if meant]


def unknown(names: Iterable[str], known: Iterable[str], families: Iterable[str]) -> list[str]:
    """The same, and a sentence for each other name that begins like several settings: `RATELIMIT_FOO is not a setting.`"""
    settings, beginnings, names = sorted(known), sorted(families), sorted(names)
    told = misspelt(names, settings, beginnings)
    counted = Counter(name.partition("_")[0] for name in settings)
    ours = tuple(f"{word}_" for word, count in counted.items() if count > 2)
    left = {name for name in names if name.startswith(ours)}.difference(settings, (line.split()[0] for line in told))
    return told + [f"{name} is not a setting." for name in sorted(left) if not _is_of(name, beginnings)]


def _meant(name: str, settings: list[str], families: list[str]) -> str | None:
    """The setting, or the family and `…`, that the name is nearly; None when it is a name of its own."""
    if _is_of(name, families) or PROVIDERS.fullmatch(name):
        return None
    written = name.upper()
    same_letters = [setting for setting in settings if sorted(setting) == sorted(written)]
    for setting in same_letters + difflib.get_close_matches(written, settings, 1, ALIKE):
        return setting
    for family in families:
        if difflib.SequenceMatcher(None, written[: len(family)], family).ratio() >= ALIKE:
            return f"{family}…"
    return None


def _is_of(name: str, families: list[str]) -> bool:
    return any(re.fullmatch(re.escape(family) + r"[A-Z0-9_]+", name) for family in families)
