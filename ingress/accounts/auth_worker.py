"""Asking the auth worker and waiting for its reply: each process has one topic for all replies to its requests."""

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


class Desk:
    """Where replies arrive. A listener of the relay: its methods never wait."""

    def __init__(self) -> None:
        self._topic = f"reply:{uuid.uuid4()}"
        self._waiting: dict[str, queues.SimpleQueue[str]] = {}

    def publication(self, event: Event) -> None:
        """Hands a reply to the request that waits for it."""
        waiting = self._waiting.get(event.data["id"])
        if waiting is not None:
            waiting.put(event.data["sealed"])

    def lost(self) -> None:
        """Replies have no history; whoever waits for a lost one is told to try again."""

    def ask(self, asked: Request) -> dict[str, Any]:
        """The result of the operation. Raises what it raises, or Unavailable when no reply came in time."""
        waiting = self._waiting[asked.id] = queues.SimpleQueue()
        try:
            subscriber().subscribe(self._topic, self)
            if not wakes.ask_auth(self._topic, asked.id, asked.sealed(), WAIT):
                raise Unavailable(AWAY)
            return auth_requests.reply_of(waiting.get(timeout=WAIT)).unwrapped()
        except queues.Empty:
            raise Unavailable(AWAY) from None
        finally:
            del self._waiting[asked.id]


@cache
def _desk() -> Desk:
    return Desk()


def ask(operation: str, principal: Principal | None = None, **said: Any) -> dict[str, Any]:
    """Asks for an operation on behalf of this HTTP request. Raises what it raises, or Unavailable."""
    known = principal if principal is not None and principal.scopes is None else None
    asked = Request(
        id=str(uuid.uuid4()),
        operation=operation,
        said=said,
        device=line_of(request.headers.get("User-Agent", "")[:255]),
        address=client_address(),
        visitor=(known.id, known.conversation_id) if known and known.kind == VISITOR else None,
        user_id=known.id if known and known.kind == USER else "",
        session_id=known.session_id if known and known.kind == USER else "",
    )
    return _desk().ask(asked)
