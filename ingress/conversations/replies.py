"""The three ways of waiting for a reply: not, for some seconds, along a stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from channels import web
from ingress.conversations.awaited import Awaited, Standing
from ingress.identity.principal import Principal
from ingress.streams.event_frames import encode
from ingress.streams.waiting import Waiter, waiting
from models.ledger import Accepted


@dataclass(frozen=True)
class Waited:
    """What was accepted, and what became of it meanwhile."""

    accepted: Accepted
    standing: Standing

    @property
    def location(self) -> dict[str, str]:
        """The header that says where the message is."""
        return {"Location": f"/api/conversations/{self.standing.conversation_id}/messages/{self.accepted.id}"}

    @property
    def state(self) -> dict[str, str]:
        """The conversation's state, when it says that no reply is to be expected."""
        told = self.standing.conversation
        return {"state": told["state"]} if told and not (self.standing.is_open or self.standing.is_ended) else {}


def wait(asking: Principal | None, conversation_id: str, accept: Callable[[], Accepted], seconds: float) -> Waited:
    """Accepts, and waits for the reply: subscribed first, then a look into the database, then waiting.

    It waits no longer once nobody is to answer: while a person is asked for, or once the conversation was closed.
    Nothing is told when the token of who is asking was revoked.
    """
    if seconds <= 0:
        return Waited(accept(), Standing(conversation_id))
    with waiting(web.topic_of(conversation_id), asking) as waiter:
        accepted = accept()
        awaited = Awaited(waiter, conversation_id, accepted.id)
        is_open = awaited.standing.is_open
        for _ in awaited.events(seconds):
            pass
        if is_open and not waiter.revoked:
            awaited.look()
        return Waited(accepted, Standing(conversation_id) if waiter.revoked else awaited.standing)


def stream(
    asking: Principal, conversation_id: str, accept: Callable[[], Accepted], seconds: float, first: dict[str, Any]
) -> Iterator[bytes]:
    """Accepts before the first byte is sent (so that errors keep their status), then gives the events of one answer.

    It ends when the token of who is asking is revoked, or expires; and with the conversation's state when nobody is to
    answer.
    """
    seconds = min(seconds, asking.expires - time.time())
    with ExitStack() as listening:
        waiter = listening.enter_context(waiting(web.topic_of(conversation_id), asking))
        accepted = accept()
        awaited = Awaited(waiter, conversation_id, accepted.id)
        return _events(listening.pop_all(), waiter, awaited, {"message_id": accepted.id, **first}, seconds)


def _events(
    listening: ExitStack, waiter: Waiter, awaited: Awaited, first: dict[str, Any], seconds: float
) -> Iterator[bytes]:
    with listening:
        yield encode("accepted", {"type": "accepted", **first})
        for event in awaited.events(seconds):
            yield encode(event["type"], event)
        if waiter.revoked:
            return
        if awaited.standing.is_open:
            yield encode("timeout", {"type": "timeout", "message_id": first["message_id"]})
        elif awaited.ending is None:
            yield from _found(awaited.standing)


def _found(standing: Standing) -> Iterator[bytes]:
    """What a look has found, as the events that told it before."""
    if standing.is_ended:
        for message in (standing.message, standing.reply):
            if message is not None:
                yield encode("message.created", {"type": "message.created", "message": message})
    elif standing.conversation is not None:
        yield encode("conversation.state", {"type": "conversation.state", "conversation": standing.conversation})
