"""`/api/conversations/<id>/messages`: write to a conversation, and read it."""

from __future__ import annotations

from typing import Any

from flask import Response, g
from flask_openapi3 import APIBlueprint, Tag

from ingress.conversations import access, queries, replies
from ingress.conversations.acceptance import Draft, accept_message
from ingress.conversations.events import AnswerEvent
from ingress.conversations.requests import ConversationPath, MessagePath, NewMessage
from ingress.conversations.responses import AcceptedMessage, Answered, Messages, Trace
from ingress.http.described import CONTENT_LOCATION, KEY, LOCATION, PREFER, answers, reads, sends, streams
from ingress.http.forms import Page
from ingress.http.idempotency import key_of
from ingress.http.preferences import wait_seconds, wants_stream
from ingress.identity.callers import BEARER, bearer, check_scope, principal
from ingress.streams.event_frames import event_response
from models.accounts.api_keys import READ, WRITE
from models.conversations.views import Message
from models.ledger import Accepted
from models.settings import settings

api = APIBlueprint(
    "messages",
    __name__,
    url_prefix="/api/conversations",
    abp_tags=[Tag(name="Conversations", description="Opening, reading and writing conversations")],
)


@api.get(
    "/<conversation_id>/messages",
    operation_id="listMessages",
    summary="List the messages of a conversation",
    responses={"200": Messages},
    security=BEARER,
)
@bearer(READ)
@answers(404)
def messages(path: ConversationPath, query: Page) -> dict[str, Any]:
    """Messages in order, oldest first."""
    access.readable(principal(), path.conversation_id)
    return queries.page(path.conversation_id, query.after, query.limit).document()


@api.get(
    "/<conversation_id>/messages/<message_id>",
    operation_id="getMessage",
    summary="Get a message",
    responses={"200": Message},
    security=BEARER,
)
@bearer(READ)
@answers(404)
@sends(CONTENT_LOCATION)
def message(path: MessagePath) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The message; while it is only in the ledger its status is `accepted`. A message that went to the conversation
    that continues this one is also found here: its `conversation_id` and `Content-Location` say where it is."""
    access.readable(principal(), path.conversation_id)
    found = queries.message(path.conversation_id, path.message_id)
    location = f"/api/conversations/{found.conversation_id}/messages/{found.id}"
    return found.document(), 200, {"Content-Location": location}


@api.get(
    "/<conversation_id>/messages/<message_id>/trace",
    operation_id="getMessageTrace",
    summary="Get each step of a message",
    responses={"200": Trace},
    security=BEARER,
)
@bearer(READ)
@answers(404)
def trace(path: MessagePath) -> dict[str, Any]:
    """Each step with its time and try."""
    access.readable(principal(), path.conversation_id)
    return {"steps": queries.trace(path.conversation_id, path.message_id)}


@api.post(
    "/<conversation_id>/messages",
    operation_id="sendMessage",
    summary="Send a message",
    responses={"200": Answered, "202": AcceptedMessage},
    security=BEARER,
)
@bearer(WRITE)
@answers(404, 409, 429)
@reads(PREFER, KEY)
@sends(LOCATION)
@streams(AnswerEvent)
def write(path: ConversationPath, body: NewMessage) -> Response | tuple[dict[str, Any], int, dict[str, str]]:
    """202 at once, 200 with the reply for `Prefer: wait=N`, or a stream for `Accept: text/event-stream`.

    While the conversation waits for a person, or a person has it, the call does not wait: 202 with the `state`. A message
    to a conversation that was closed more than 24 h ago goes to the one that continues it, which `Location` names.
    """
    conversation_id = path.conversation_id
    access.writable(principal(), conversation_id)
    draft = Draft(body.content, body.parent_id, body.metadata)
    key = key_of(body.client_message_id)

    def accept() -> Accepted:
        accepted = accept_message(principal(), conversation_id, draft, key)
        g.standings = accepted.standings
        return accepted

    if wants_stream():
        check_scope(principal(), READ)
        seconds, first = wait_seconds(settings().agent_timeout), {"conversation_id": conversation_id}
        return event_response(replies.stream(principal(), conversation_id, accept, seconds, first))
    waited = replies.wait(principal(), conversation_id, accept, wait_seconds())
    if not waited.standing.is_ended:
        return {"message_id": waited.accepted.id} | waited.state, 202, waited.location
    return {"message": waited.standing.message, "reply": waited.standing.reply}, 200, waited.location
