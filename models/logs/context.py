"""What the lines of a log tell of the work at hand: a trace id and more. It belongs to the thread or greenlet that works.

A trace id names one piece of work on its way through all processes, from a request to the reply. It is the trace-id of W3C
Trace Context (https://www.w3.org/TR/trace-context/): 32 hexadecimal digits.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, reset_contextvars

TRACE = "trace_id"
_NONE = "0" * 32
# Version, trace-id, parent-id, flags (3.2). A version above 00 may have more behind a dash; ff is none.
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?", re.ASCII)


class Traced(Protocol):
    """A message, in the ledger or in the database."""

    @property
    def id(self) -> str: ...
    @property
    def conversation_id(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def trace_id(self) -> str | None: ...


def begin(trace_id: str | None = None, **facts: str) -> None:
    """Binds the facts of new work and forgets those of earlier work."""
    clear_contextvars()
    bind_contextvars(**({TRACE: trace_id} if trace_id else {}), **facts)


def end() -> None:
    """Forgets the facts of the work that has ended."""
    clear_contextvars()


def trace_id() -> str | None:
    """The trace id of the work at hand."""
    return get_contextvars().get(TRACE)


@contextmanager
def about(message: Traced | None) -> Iterator[None]:
    """Inside, every line names this message, if there is one, and its trace.

    After an error the facts stay bound until the work ends, since the error is logged further out.
    """
    bound = bind_contextvars(**_facts(message)) if message is not None else {}
    yield
    reset_contextvars(**bound)


def _facts(message: Traced) -> dict[str, str]:
    """An entry or a message of an older version has no trace id."""
    trace = {TRACE: message.trace_id} if message.trace_id else {}
    return {"channel": message.channel, "conversation_id": message.conversation_id, "message_id": message.id, **trace}


def new_trace_id() -> str:
    """A new random trace id."""
    return secrets.token_hex(16)


def trace_id_of(traceparent: str) -> str | None:
    """The trace-id of a `traceparent` header; None when the header is not valid."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or found[2] == _NONE or (found[1] == "00" and found[3] is not None):
        return None
    return found[2]
