"""What a channel is: one kind of wire, whose words it translates into ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.ledger.inbound import Inbound


@dataclass(frozen=True)
class Callback:
    """A provider's request as it came. Signatures are made over the raw bytes.

    `account` is ours on the channel, as the address says: a webhook's source. Header names are in lower case.
    """

    account: str
    headers: Mapping[str, str]
    body: bytes


class Channel(Protocol):
    """One kind of wire. Translates only: it stores nothing and retries nothing."""

    def verify(self, callback: Callback) -> None:
        """Raises Unauthenticated unless the provider has signed these bytes."""

    def parse(self, callback: Callback) -> Sequence[Inbound]:
        """What a verified callback says, in our words; nothing for what needs no handling. Raises Invalid."""
