"""Text → comparable terms: lower case, no stop words, light stemming, a few synonyms. English only."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+")
# Phrases whose single words mean nothing, or something else: pattern → their meaning.
_PHRASES = (
    (re.compile(r"\b(log|logging|sign|signing) (in|up|on)\b"), "login"),  # otherwise it would be about log files
    (re.compile(r"\bwhat (a|the|my) message (did|does|has done)\b"), "trace of a message"),
    (re.compile(r"\bwhat happened (to|with) (a|the|my) message\b"), "trace of a message"),
    (re.compile(r"\btoo many requests\b"), "rate limit"),
    (re.compile(r"\b(opening|business|office) hours\b"), "openinghours"),  # not the hours in which a conversation opens
)
_VOWEL = re.compile(r"[aeiouy]")
_STOP_WORDS = """
a about activate actually after all also am an and any anything are as at be because been being both but by can
cannot could did different do does doing don done each else enable enabled ever everybody everyone everything
explain for from further get gets give go goes got had happen happened happens has have having he her here hers
him his how i if in instead into is isn it its itself just keep kindly know let like ll m made make makes many
may maybe me mean means might more most much must my need needs not now of off ok on once one only or other our
out over own please possible put re really s same say says see shall she should show so some somehow someone
something still such support supported supports sure t tell tells than thank thanks that the their them then
there these they thing things this those through time times to too turn under until up us use used uses using
valid ve very want wants was way we were what when where whether which while who whom whose why will with
without would yes yet you your
"""
STOP = frozenset(_STOP_WORDS.split())

# The documents' word: other words for it. Both sides are stemmed below.
SYNONYMS = """
    switchboard: app application program software project product
    postgresql: postgres psql pg
    database: db sql
    rabbitmq: rabbit amqp
    model: llm gpt ai
    websocket: ws socket
    start: launch install setup boot begin
    setting: config configure configuration option
    person: human operator people colleague
    die: crash dies kill killed
    lost: lose loses losing loss
    twice: duplicate double doubles
    order: sequence
    page: browser website site
    machine: server host
    limit: quota throttle
    cost: price pricing fee free
    license: licence
    idempotency: idempotent
    problem: bug issue trouble error wrong
    status: monitor monitoring health healthy
    sdk: sdks
    password: creds credential
    tls: https ssl wss certificate
    javascript: js
    away: down unavailable outage offline unreachable gone
    question: faq
"""


def stem(word: str) -> str:
    """The stem: without plural, -ing and -ed, a doubled consonant, a final e."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) > 2 and _VOWEL.search(root):
            doubled = len(root) > 3 and root[-1] == root[-2] and root[-1] not in "aeiousl"
            word = root[:-1] if doubled else root
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _parse(lines: str) -> dict[str, str]:
    pairs = (line.split(":") for line in lines.strip().splitlines())
    return {stem(synonym): stem(meaning.strip()) for meaning, synonyms in pairs for synonym in synonyms.split()}


_MEANINGS = _parse(SYNONYMS)


def words(text: str) -> list[str]:
    """The words of a text in lower case, with phrases replaced by their meaning."""
    text = text.lower()
    for phrase, meaning in _PHRASES:
        text = phrase.sub(meaning, text)
    return _WORD.findall(text)


def terms(text: str) -> list[str]:
    """The terms of a text, in order and with repetitions; none for a text of stop words."""
    result = []
    for word in words(text):
        if word not in STOP and len(word) > 1:
            stemmed = stem(word)
            result.append(_MEANINGS.get(stemmed, stemmed))
    return result
