"""What stands in the ledger: `<sequence> <answer after> <envelope as JSON>`."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field, fields
from typing import Any

DAMAGED = "damaged"  # the channel of an entry that is no envelope
_DAMAGED_IDS = uuid.UUID("8d0a52c4-6f0e-5b7e-9c60-3e1f4c1d7a55")


@dataclass(frozen=True)
class Envelope:
    """An accepted message on its way to the database. `sender` is a contact's or a user's id,
    `address` its own on a channel."""

    id: str
    order_key: str
    conversation_id: str
    sender: str
    channel: str
    content: str
    address: str | None = None
    parent_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


_TEXTS = ("id", "order_key", "conversation_id", "sender", "channel", "content")
_TYPES: dict[str, tuple[type, ...]] = dict.fromkeys(_TEXTS, (str,)) | {
    "address": (str, type(None)), "parent_id": (str, type(None)), "metadata": (dict,),
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """An envelope in its shard, with its sequence, and the time (µs) before which it is not answered: a provider's
    message beyond a limit is never refused, but answered later."""

    sequence: int
    answer_after: int
    envelope: Envelope


def encoded(envelope: Envelope) -> str:
    """The envelope's JSON."""
    return json.dumps(asdict(envelope), separators=(",", ":"))


def sequence_of(raw: str) -> int:
    """The sequence an entry begins with; 0 when it has none, as the scripts have it."""
    number = raw.partition(" ")[0]
    return int(number) if number.isascii() and number.isdigit() else 0


def decoded(raw: str) -> Entry:
    """The entry; one that is no envelope becomes nobody's, so that it is buried alone and holds up no shard."""
    try:
        _, answer_after, body = raw.split(" ", 2)
        # PostgreSQL takes no NaN: such a number is kept as its name.
        return Entry(sequence_of(raw), int(answer_after), envelope_of(json.loads(body, parse_constant=str)))
    except (ValueError, RecursionError):
        nobodys = Envelope(str(uuid.uuid5(_DAMAGED_IDS, raw)), "", "", "", DAMAGED, raw)
        return Entry(sequence_of(raw), 0, nobodys)


def envelope_of(document: Any) -> Envelope:
    """The envelope in a JSON document of the ledger or of a dead letter, whichever version of ours wrote it.

    Unknown fields, which a newer version wrote, are left out. Missing ones get their defaults. Raises ValueError when it
    is no envelope: one without an id, a sender, a conversation, a channel and content, or with other types than ours.
    """
    if not isinstance(document, dict):
        raise ValueError("An envelope is an object.")
    known = {one.name: document[one.name] for one in fields(Envelope) if one.name in document}
    known.setdefault("order_key", known.get("conversation_id"))
    for name, types in _TYPES.items():
        if name in known and not isinstance(known[name], types):
            raise ValueError(f"An envelope's {name} has another type.")
    try:
        return Envelope(**known)
    except TypeError:
        raise ValueError("An envelope has more fields than these.") from None
