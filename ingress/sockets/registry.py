"""What capabilities register with the socket: methods to call, and topics to follow."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingress.sockets.methods import Methods
from ingress.sockets.topics import Topics


@dataclass(frozen=True)
class Registry:
    """The methods and topics of one deployment."""

    methods: Methods = field(default_factory=Methods)
    topics: Topics = field(default_factory=Topics)
