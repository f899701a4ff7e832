"""Frames of server-sent events (HTML standard, section 9.2), and the response that carries them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response

from channels.relay.events import Event

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back
}
OPEN, PING = b": open\n\n", b": ping\n\n"  # comments, which clients ignore


def event_response(frames: Iterable[bytes]) -> Response:
    """A response that streams events."""
    return Response(frames, headers=HEADERS)


def encode(kind: str, data: Mapping[str, Any], event_id: str = "") -> bytes:
    """The frame of one event. JSON has no raw newlines, so one `data` line is enough."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _frame(kind, text.encode("utf-8", "replace"), event_id)


def begin(event_id: str) -> bytes:
    """A frame that only sets the last event id, so that a client that has seen no event yet can resume."""
    return b"id: %b\n%b" % (event_id.encode(), OPEN)


def of_event(event: Event) -> bytes:
    """The frame of a publication, whose id is its position. Made once for all streams: `event.encoded(of_event)`."""
    return with_id(event, str(event.position) if event.position else "")


def with_id(event: Event, event_id: str) -> bytes:
    """The frame of a publication with this id."""
    return _frame(str(event.data.get("type", "message")), event.payload, event_id)


def _frame(kind: str, data: bytes, event_id: str) -> bytes:
    """An event outside the history has no id, so that the client's Last-Event-ID stays the same."""
    id_line = b"id: %b\n" % event_id.encode() if event_id else b""
    return id_line + b"event: %b\ndata: %b\n\n" % (kind.encode(), data)
