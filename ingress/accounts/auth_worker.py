"""Requests to the auth worker, and their replies: each process has one relay topic for all its replies."""

from __future__ import annotations

import queue as queues
import uuid
from functools import cache
from typing import Any

from flask import request

from channels.relay.events import Event
from channels.relay.subscriber import subscriber
from ingress.http.addresses import client_address
from ingress.identity.principal import USER, VISITOR, Principal
from models.accounts import auth_requests
from models.accounts.auth_requests import WAIT, Request
from models.errors import Unavailable
from models.texts import line_of
from workers.runtime import wakes

AWAY = "Signing in is not possible right now. Try again in a moment."


class Replies:
    """Receives replies and hands them to the waiting requests. A listener of the relay: its methods never block."""

    def __init__(self) -> None:
        self._topic = f"reply:{uuid.uuid4()}"
        self._waiting: dict[str, queues.SimpleQueue[str]] = {}

    def publication(self, event: Event) -> None:
        """Hands a reply to the request that waits for it."""
        inbox = self._waiting.get(event.data["id"])
        if inbox is not None:
            inbox.put(event.data["sealed"])

    def lost(self) -> None:
        """Does nothing: replies have no history. A request whose reply is lost times out."""

    def request(self, auth_request: Request) -> dict[str, Any]:
        """The result of the operation. Raises its error, or Unavailable when no reply came in time."""
        inbox = self._waiting[auth_request.id] = queues.SimpleQueue()
        try:
            subscriber().subscribe(self._topic, self)
            if not wakes.send_auth_request(self._topic, auth_request.id, auth_request.sealed(), WAIT):
                raise Unavailable(AWAY)
            return auth_requests.unseal_reply(inbox.get(timeout=WAIT)).unwrapped()
        except queues.Empty:
            raise Unavailable(AWAY) from None
        finally:
            del self._waiting[auth_request.id]


@cache
def _replies() -> Replies:
    return Replies()


def perform(operation: str, principal: Principal | None = None, **fields: Any) -> dict[str, Any]:
    """The result of an operation, performed for this HTTP request. Raises its error, or Unavailable."""
    signed_in = principal if principal is not None and principal.scopes is None else None
    auth_request = Request(
        id=str(uuid.uuid4()),
        operation=operation,
        fields=fields,
        device=line_of(request.headers.get("User-Agent", "")[:255]),
        address=client_address(),
        visitor=(signed_in.id, signed_in.conversation_id) if signed_in and signed_in.kind == VISITOR else None,
        user_id=signed_in.id if signed_in and signed_in.kind == USER else "",
        session_id=signed_in.session_id if signed_in and signed_in.kind == USER else "",
    )
    return _replies().request(auth_request)
