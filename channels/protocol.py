"""The protocol of channels: a channel is one kind of wire, whose messages it translates into ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.ledger.inbound import Inbound


@dataclass(frozen=True)
class Callback:
    """A provider's request, unparsed: signatures cover the raw bytes.

    `account`: our account on the channel, from the URL, such as a webhook's source. Header names are in lower case.
    """

    account: str
    headers: Mapping[str, str]
    body: bytes


class Channel(Protocol):
    """One kind of wire. It only translates: it stores nothing and retries nothing."""

    def verify(self, callback: Callback) -> None:
        """Raises Unauthenticated unless the provider has signed these bytes."""

    def parse(self, callback: Callback) -> Sequence[Inbound]:
        """The content of a verified callback in our form; nothing when there is nothing to handle. Raises Invalid."""
