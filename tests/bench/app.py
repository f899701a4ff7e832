"""The sockets with nothing around them, as the server of the measurement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ingress.conversations import topics
from ingress.sockets import Registry, Sockets


def _nothing(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("204 No Content", [])
    return []


registry = Registry()
topics.register(registry)
application = Sockets(_nothing, registry)
