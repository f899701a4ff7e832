"""Streaming of a reply's text to readers: the first piece at once, later pieces gathered for a moment."""

from __future__ import annotations

import time

from channels import web
from channels.relay.events import Publication
from channels.relay.publish import publish
from models.conversations import views
from models.conversations.leases import Work
from models.conversations.messages import id_of_reply

GATHER = 0.03  # seconds: too short to see, and a tenth of the publishes


class Stream:
    """The deltas of one try."""

    def __init__(self, work: Work, *, eager: bool) -> None:
        """`eager`: publish the first piece at once. Not for an instant model, whose whole reply follows anyway."""
        assert work.message is not None
        self._work = work
        self._reply_id = id_of_reply(work.message.id)
        self._text = ""
        self._sent = 0
        self._sent_at = 0.0 if eager else time.monotonic()
        self._first = web.created(views.of_message(work.message))  # no word of a reply appears before its message

    def add(self, text: str) -> None:
        """Adds a piece, and publishes what is due."""
        self._text += text
        if time.monotonic() - self._sent_at >= GATHER:
            publish(self.rest())

    def rest(self) -> list[Publication]:
        """The events for the text that is not published yet."""
        piece, work = self._text[self._sent :], self._work
        if not piece:
            return []
        deltas = web.delta(work.conversation_id, self._reply_id, work.try_number, self._sent, piece)
        self._sent, self._sent_at = len(self._text), time.monotonic()
        first, self._first = self._first, []
        return [*first, *deltas]
