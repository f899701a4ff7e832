"""The events of an answer: of the messages in it, of the conversation's state, and of what a crash left unpublished."""

from __future__ import annotations

from sqlmodel import Session

from channels import web
from channels.relay.events import Publication
from models.conversations import conversations, messages, replies, views
from models.conversations.leases import Work
from models.conversations.messages import THEIRS
from models.conversations.replies import Rows
from models.store.database import reading


def of_exchange(rows: Rows) -> list[Publication]:
    """The events of a message and its reply or notice.

    The message comes first: the process that stored it may not have published it, and a reply never appears before it.
    """
    stored = [views.of_message(row) for row in rows]
    theirs = [message for message in stored if message.author.kind in THEIRS]
    events = [event for message in theirs for event in web.created(message)]
    for message in stored:
        events += web.updated(message) if message in theirs else web.created(message)
    return events


def of_state(db: Session, conversation_id: str) -> list[Publication]:
    """The events of the conversation's current state."""
    return web.state(views.of_conversation(db, conversations.get(db, conversation_id)))


def unpublished(work: Work) -> list[Publication]:
    """What a crash after the commit may have kept from being published, and that the partial text is void."""
    with reading() as db:
        events = of_exchange(replies.last_exchange(db, work.conversation_id))
        events += of_state(db, work.conversation_id)
    if work.message is not None:
        reply_id, revision = messages.id_of_reply(work.message.id), work.message.revision
        events += web.restarted(work.conversation_id, reply_id, revision, work.try_number)
    return events
