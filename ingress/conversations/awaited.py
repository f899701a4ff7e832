"""A message whose reply a request waits for: what is known of it, from events and from looks into the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from channels import web
from ingress.streams.waiting import Waiter
from models.conversations import conversations, messages, views
from models.conversations.conversations import AGENT, HUMAN, WAITING, Conversation
from models.conversations.messages import ENDED, Message
from models.errors import Unavailable
from models.store import database

UNANSWERED = {WAITING, HUMAN}  # states in which a message gets no reply from the agent


@dataclass(frozen=True)
class Standing:
    """What is known of a message that a request waits for: JSON documents as clients see them.

    `conversation_id`: where the message is, or was sent to. `is_open`: a reply may still come.
    """

    conversation_id: str
    message: dict[str, Any] | None = None
    reply: dict[str, Any] | None = None
    conversation: dict[str, Any] | None = None
    is_open: bool = True

    @property
    def is_ended(self) -> bool:
        """True for a message that is answered, failed (its reply is the notice) or cancelled."""
        return self.message is not None and self.message["status"] in ENDED


def standing(conversation_id: str, message_id: str) -> Standing:
    """How a message stands that was sent to this conversation. Raises DatabaseAway."""
    return _standing(conversation_id, message_id)


def _standing(conversation_id: str, message_id: str) -> Standing:
    with database.reading() as db:
        found = db.get(Message, message_id)
        if found is None:
            row = db.get(Conversation, conversation_id)
            return _unanswered(db, row) if row and row.state in UNANSWERED else Standing(conversation_id)
        document = views.of_message(found).document()
        if found.status in ENDED:
            reply = _reply(db, found)
            answer = views.of_message(reply).document() if reply else None
            return Standing(found.conversation_id, document, answer, is_open=False)
        if found.awaits:
            return Standing(found.conversation_id, document)
        return replace(_unanswered(db, conversations.get(db, found.conversation_id)), message=document)


def _unanswered(db: Session, row: Conversation) -> Standing:
    return Standing(row.id, conversation=views.of_conversation(db, row).document(), is_open=False)


def _reply(db: Session, found: Message) -> Message | None:
    if found.status == messages.FAILED:
        return messages.notice_of(db, found.conversation_id, found.id)
    return messages.reply_to(db, found.id)


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
            self.standing = standing(self._named, self._message_id)
            if self.standing.conversation_id not in {known, self._named}:
                self._waiter.follow(web.topic_of(self.standing.conversation_id))
                self.standing = standing(self._named, self._message_id)
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
