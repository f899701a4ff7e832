"""A message whose reply somebody waits for: what is known of it, from events and from looks into the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from channels import web
from ingress import reading
from ingress.reading import Standing
from ingress.waiting import Waiter
from models.conversations import AGENT
from models.errors import Unavailable
from models.messages import ENDED

__all__ = ["Awaited", "Standing"]


class Awaited:
    """`standing` is what is known now. `ending` is the event that ended the wait, None when a look has ended it.

    The waiter listens to the conversation before the message is accepted. When the message went to a successor, the
    waiter listens there, too, and then looks once more, since events may have passed before.
    """

    def __init__(self, waiter: Waiter, conversation_id: str, message_id: str) -> None:
        self.standing = Standing(conversation_id)
        self.ending: dict[str, Any] | None = None
        self._waiter = waiter
        self._named = conversation_id
        self._message_id = message_id
        self.look()

    def look(self) -> None:
        """Looks into the database. While it is away, what was known stays."""
        known = self.standing.conversation_id
        try:
            self.standing = reading.standing(self._named, self._message_id)
            if self.standing.conversation_id not in {known, self._named}:
                self._waiter.follow(web.topic_of(self.standing.conversation_id))
                self.standing = reading.standing(self._named, self._message_id)
        except Unavailable:
            return

    def events(self, seconds: float) -> Iterator[dict[str, Any]]:
        """The events until nothing more comes for the message, or the time (seconds) is over."""
        if not self.standing.is_open:
            return
        for event in self._waiter.events(seconds):
            yield event
            if self._is_end(event):
                return

    def _is_end(self, event: dict[str, Any]) -> bool:
        """An edit or a receipt is an update, too: only a status that is the last one ends the wait."""
        if event["type"] == "message.updated":
            message = event["message"]
            if message["id"] == self._message_id and message["status"] in ENDED:
                self._end(event, Standing(message["conversation_id"], message, is_open=False))
        elif event["type"] == "conversation.state":
            self._hear_state(event)
        return not self.standing.is_open

    def _end(self, event: dict[str, Any], standing: Standing) -> None:
        self.ending, self.standing = event, standing

    def _hear_state(self, event: dict[str, Any]) -> None:
        """A message that comes to a closed conversation opens it again, so only the database knows what this one is."""
        conversation = event["conversation"]
        if (topic := web.goes_on_at(event)) is not None:
            self._waiter.follow(topic)
            self.look()
        elif conversation["state"] != AGENT:
            before = self.standing
            self.look()
            if self.standing is before:  # the database has just gone away
                self.standing = Standing(conversation["id"], before.message, conversation=conversation, is_open=False)
            if not self.standing.is_open:
                self.ending = event
