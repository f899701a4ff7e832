"""The three ways of waiting for a reply: not, for some seconds, along a stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from channels import web
from ingress import reading
from ingress.sse import encode
from ingress.tokens import Principal
from ingress.waiting import Waiter, waiting
from models.errors import Unavailable
from models.ledger import Accepted

Outcome = tuple[dict[str, Any], dict[str, Any] | None]
ENDS = {"waiting", "human", "closed"}


def wait(
    asking: Principal | None, conversation_id: str, accept: Callable[[], Accepted], seconds: float
) -> tuple[Accepted, Outcome | None]:
    """Accepts, and waits for the outcome: subscribed first, then a look in the database, then waiting.

    Returns the message and its reply, or None when time ran out, or the token of who is asking was revoked.
    """
    if seconds <= 0:
        return accept(), None
    with waiting(web.topic_of(conversation_id), asking) as waiter:
        accepted = accept()
        if accepted.known and (done := _done(accepted.id)):
            return accepted, done
        event = waiter.first(lambda event: ends(event, accepted.id), seconds)
        if waiter.revoked:
            return accepted, None
        return accepted, _done(accepted.id) or (_told(event) if event else None)


def _done(message_id: str) -> Outcome | None:
    try:
        return reading.outcome(message_id)
    except Unavailable:
        return None


def _told(event: dict[str, Any]) -> Outcome | None:
    """The outcome as far as the event itself tells it, when the database has just gone away."""
    return (event["message"], None) if event["type"] == "message.updated" else None


def ends(event: dict[str, Any], message_id: str) -> bool:
    """True for the event after which nothing more comes for the message: answered, failed, or taken over."""
    if event["type"] == "message.updated":
        return bool(event["message"]["id"] == message_id)
    return event["type"] == "conversation.state" and event["conversation"]["state"] in ENDS


def stream(
    asking: Principal, conversation_id: str, accept: Callable[[], Accepted], seconds: float, first: dict[str, Any]
) -> Iterator[bytes]:
    """Accepts before the first byte is sent (so that errors keep their status), then gives the events of one answer.

    It ends when the token of who is asking is revoked, or expires.
    """
    seconds = min(seconds, asking.expires - time.time())
    with ExitStack() as listening:
        waiter = listening.enter_context(waiting(web.topic_of(conversation_id), asking))
        accepted = accept()
        return _events(listening.pop_all(), waiter, accepted, {"message_id": accepted.id, **first}, seconds)


def _events(
    listening: ExitStack, waiter: Waiter, accepted: Accepted, first: dict[str, Any], seconds: float
) -> Iterator[bytes]:
    with listening:
        yield encode("accepted", {"type": "accepted", **first})
        if accepted.known and (done := _done(accepted.id)):
            yield from (encode("message.created", {"type": "message.created", "message": m}) for m in done if m)
            return
        for event in waiter.events(seconds):
            yield encode(event["type"], event)
            if ends(event, accepted.id):
                return
        if not waiter.revoked:
            yield encode("timeout", {"type": "timeout", "message_id": accepted.id})
