"""What a socket has seen, compared with what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.acceptance.clients import Follower


def created(events: Sequence[dict[str, Any]], kind: str) -> list[str]:
    """Ids of the messages of this kind of author, in the order in which they appeared."""
    made = [event["message"] for event in events if event["type"] == "message.created"]
    return [message["id"] for message in made if message["author"]["kind"] == kind]


def complete(follower: Follower, rows: Sequence[Any]) -> bool:
    """Whether everything stored has appeared and every message has been reported as answered."""
    events = follower.events
    ours = [row for row in rows if row.conversation_id == follower.visitor.id]
    there = {event["message"]["id"] for event in events if event["type"] == "message.created"}
    return {row.id for row in ours} <= there and len(reported(events)) >= sum(r.author_kind == "contact" for r in ours)


def reported(events: Sequence[dict[str, Any]]) -> list[str]:
    """Ids of the messages that were reported as answered."""
    updated = [event["message"] for event in events if event["type"] == "message.updated"]
    return [message["id"] for message in updated if message["status"] == "answered"]


def check_each_once(follower: Follower, rows: Sequence[Any]) -> None:
    """Each message and reply appeared exactly once, in order, a reply behind what it answers."""
    who = follower.visitor.id
    assert not follower.faults, f"{who}: {follower.faults}"
    events = follower.events
    ours = [row for row in rows if row.conversation_id == who]
    doubles = {k: n for k, n in Counter(_key(event) for event in events).items() if k and n > 1}
    assert not doubles, f"{who}: shown more than once: {doubles}"
    asked = [row.id for row in ours if row.author_kind == "contact"]
    replies = [row.id for row in ours if row.author_kind == "agent"]
    assert created(events, "contact") == asked, f"{who}: messages are not shown as they are stored"
    assert created(events, "agent") == replies, f"{who}: replies are not shown as they are stored"
    assert reported(events) == asked, f"{who}: not each message is reported as answered, in order"
    place = {_key(event): n for n, event in enumerate(events) if _key(event)}
    for row in ours:
        if row.in_reply_to:
            assert place["message.created", row.in_reply_to] < place["message.created", row.id], (
                f"{who}: a reply is shown before the message it answers"
            )


def _key(event: dict[str, Any]) -> tuple[str, str] | None:
    return (event["type"], event["message"]["id"]) if "message" in event else None
