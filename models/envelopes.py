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
        return Entry(sequence_of(raw), int(answer_after), _envelope(json.loads(body, parse_constant=str)))
    except (ValueError, TypeError, AttributeError, RecursionError):
        nobodys = Envelope(str(uuid.uuid5(_DAMAGED_IDS, raw)), "", "", "", DAMAGED, raw)
        return Entry(sequence_of(raw), 0, nobodys)


def _envelope(said: dict[str, Any]) -> Envelope:
    """Fields that are not known come from a newer version's ingress and are left out. Raises ValueError, TypeError."""
    envelope = Envelope(**{one.name: said[one.name] for one in fields(Envelope) if one.name in said})
    texts = (envelope.id, envelope.order_key, envelope.conversation_id, envelope.sender, envelope.channel)
    if not all(isinstance(text, str) for text in (*texts, envelope.content)):
        raise ValueError("no envelope")
    return envelope
