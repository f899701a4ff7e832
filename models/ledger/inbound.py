"""Inbounds, and their form in the ledger: `<sequence> <answer after> <JSON>`."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field, fields
from typing import Any

MESSAGE = "message"  # the one kind there is
VERSION = 1
DAMAGED = "damaged"  # the channel of an entry that cannot be decoded
_DAMAGED_IDS = uuid.UUID("8d0a52c4-6f0e-5b7e-9c60-3e1f4c1d7a55")


@dataclass(frozen=True)
class Inbound:
    """Something that came in, in our words: parsed by a channel, accepted into the ledger, applied by `receive`.

    A channel fills in what the provider says: `account` is ours on the channel, `address` the sender's own there, `thread`
    and `provider_id` are the provider's names, and `route` is what an answer needs to find its way back. A route is
    private: it is never shown to anybody. The accepting helper decides the rest: `id` is that of the message, `sender` a
    contact's or a user's id, `trace_id` that of the request. `author_kind` and `author_name` are set for our own side
    (operator, system); the person's side is known by its sender.
    """

    channel: str
    content: str
    id: str = ""
    order_key: str = ""
    conversation_id: str = ""
    sender: str = ""
    kind: str = MESSAGE
    version: int = VERSION
    account: str | None = None
    address: str | None = None
    thread: str | None = None
    provider_id: str | None = None
    author_kind: str | None = None
    author_name: str | None = None
    parent_id: str | None = None
    trace_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    route: dict[str, Any] = field(default_factory=dict, repr=False)


_REQUIRED = ("id", "conversation_id", "sender", "channel", "content")
_TEXTS = (*_REQUIRED, "order_key", "kind")
_OPTIONAL = ("account", "address", "thread", "provider_id", "author_kind", "author_name", "parent_id", "trace_id")
_TYPES: dict[str, tuple[type, ...]] = dict.fromkeys(_TEXTS, (str,)) | dict.fromkeys(_OPTIONAL, (str, type(None)))
_TYPES |= {"version": (int,), "metadata": (dict,), "route": (dict,)}


@dataclass(frozen=True)
class Entry:
    """An inbound in its shard, with its sequence, and the time (µs) before which it is not answered: a provider's message
    beyond a limit is never refused, but answered later."""

    sequence: int
    answer_after: int
    inbound: Inbound


def encoded(inbound: Inbound) -> str:
    """The inbound as JSON."""
    return json.dumps(asdict(inbound), separators=(",", ":"))


def sequence_of(raw: str) -> int:
    """The sequence at the start of an entry; 0 when it has none, as in the scripts."""
    number = raw.partition(" ")[0]
    return int(number) if number.isascii() and number.isdigit() else 0


def decoded(raw: str) -> Entry:
    """The entry. One that cannot be decoded becomes a damaged inbound without a sender, so that only that entry becomes a
    dead letter and its shard goes on."""
    try:
        _, answer_after, body = raw.split(" ", 2)
        # PostgreSQL takes no NaN: such a number is kept as its name.
        return Entry(sequence_of(raw), int(answer_after), inbound_of(json.loads(body, parse_constant=str)))
    except (ValueError, RecursionError):
        damaged = Inbound(DAMAGED, raw, id=str(uuid.uuid5(_DAMAGED_IDS, raw)))
        return Entry(sequence_of(raw), 0, damaged)


def inbound_of(document: Any) -> Inbound:
    """The inbound in a JSON document of the ledger or of a dead letter, from any version of ours.

    Unknown fields, from a newer version, are ignored. Missing ones get their defaults. Raises ValueError when a required
    field is missing, or a field has the wrong type.
    """
    if not isinstance(document, dict) or any(name not in document for name in _REQUIRED):
        raise ValueError("An entry is an object with an id, a conversation, a sender, a channel and content.")
    values = {f.name: document[f.name] for f in fields(Inbound) if f.name in document}
    values.setdefault("order_key", values["conversation_id"])
    for name, types in _TYPES.items():
        if name in values and not isinstance(values[name], types):
            raise ValueError(f"An entry's {name} has another type.")
    return Inbound(**values)
