"""`/api/conversations`: open one, write to it, read it, follow it."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request
from flask_openapi3 import APIBlueprint, Tag

from ingress.conversations import access, commands, queries, replies
from ingress.conversations.acceptance import Draft, accept_message
from ingress.conversations.events import AnswerEvent, ConversationEvent
from ingress.conversations.following import follow
from ingress.conversations.requests import (
    ConversationPath,
    HandOffRequest,
    Listing,
    MessagePath,
    NewMessage,
    ReadMark,
    Visit,
)
from ingress.conversations.responses import (
    AcceptedMessage,
    Answered,
    Conversation,
    Conversations,
    Message,
    Messages,
    Opened,
    Trace,
)
from ingress.http.described import (
    CONTENT_LOCATION,
    KEY,
    LAST_EVENT_ID,
    LOCATION,
    PREFER,
    answers,
    reads,
    sends,
    streams,
)
from ingress.http.forms import Page
from ingress.http.idempotency import key_of
from ingress.http.preferences import wait_seconds, wants_stream
from ingress.identity import repeated_calls
from ingress.identity.callers import BEARER, anyone, bearer, caller, check_scope, principal
from ingress.identity.counting import count_opening
from ingress.identity.principal import USER
from ingress.identity.tokens import visitor_token
from ingress.streams.sse import event_response
from models.accounts.api_keys import READ, WRITE
from models.ledger import Accepted
from models.settings import settings

api = APIBlueprint(
    "conversations",
    __name__,
    url_prefix="/api/conversations",
    abp_tags=[Tag(name="Conversations", description="Opening, reading and writing conversations")],
)


@api.post(
    "",
    operation_id="openConversation",
    summary="Open a conversation",
    responses={"201": Opened},
    security=[{}, *BEARER],
)
@anyone(WRITE)
@answers(409, 429)
@reads(*repeated_calls.HEADERS)
@sends(LOCATION)
def open_conversation(body: Visit) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Opens a conversation. Without a bearer the answer has a visitor token, good for 30 days and this conversation only.

    A user's is the user's: it has no token, name and address are those of the profile, and a fourth open one is 409.
    """
    known = caller()
    once = repeated_calls.once("conversations", known, body)
    g.standings = count_opening(known)
    if known is not None and known.kind == USER:
        opened = commands.open_for_user(known.id, body.metadata, once)
        answer: dict[str, Any] = {"conversation": opened}
    else:
        opened = commands.open_conversation(body, once)
        answer = {"conversation": opened, "token": visitor_token(opened["contact"], opened["id"])}
    return answer, 201, {"Location": f"/api/conversations/{opened['id']}"}


@api.get(
    "",
    operation_id="listConversations",
    summary="List conversations",
    responses={"200": Conversations},
    security=BEARER,
)
@bearer(READ)
def conversations(query: Listing) -> dict[str, Any]:
    """The caller's conversations, an operator's all, newest first; of one state, or with some words."""
    return queries.listed(principal(), query)


@api.get(
    "/<conversation_id>",
    operation_id="getConversation",
    summary="Get a conversation",
    responses={"200": Conversation},
    security=BEARER,
)
@bearer(READ)
@answers(404)
def conversation(path: ConversationPath) -> dict[str, Any]:
    """The conversation, with its state and the number of unread messages."""
    return queries.conversation(principal(), path.conversation_id)


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
    return queries.page(path.conversation_id, query.after, query.limit)


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
    """The message; while it is only in the ledger its status is `accepted`. One that went on to the conversation that
    continues this one is found here, too: its `conversation_id` and `Content-Location` say where it is."""
    access.readable(principal(), path.conversation_id)
    found = queries.message(path.conversation_id, path.message_id)
    return found, 200, {"Content-Location": f"/api/conversations/{found['conversation_id']}/messages/{found['id']}"}


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

    While the conversation waits for a person, or a person has it, nobody is waited for: 202 with the `state`. A message
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


@api.put(
    "/<conversation_id>/read",
    operation_id="markRead",
    summary="Mark messages as read",
    responses={"204": None},
    security=BEARER,
)
@bearer(WRITE)
@answers(404)
def read(path: ConversationPath, body: ReadMark) -> tuple[str, int]:
    """Moves the read mark up to a message; it never goes back."""
    access.own(principal(), path.conversation_id)
    commands.mark_read(path.conversation_id, body.up_to)
    return "", 204


@api.post(
    "/<conversation_id>/handoff",
    operation_id="requestPerson",
    summary="Ask for a person",
    responses={"200": Conversation},
    security=BEARER,
)
@bearer(WRITE)
@answers(404, 409)
def handoff(path: ConversationPath, body: HandOffRequest) -> dict[str, Any]:
    """The agent stops answering and the conversation waits for a person. Operators are shown the reason."""
    access.own(principal(), path.conversation_id)
    return commands.hand_off(path.conversation_id, principal().author_kind, body.reason)


@api.post(
    "/<conversation_id>/close",
    operation_id="closeConversation",
    summary="Close a conversation",
    responses={"200": Conversation},
    security=BEARER,
)
@bearer(WRITE)
@answers(404, 409)
def close(path: ConversationPath) -> dict[str, Any]:
    """Ends the conversation."""
    access.own(principal(), path.conversation_id)
    return commands.close(path.conversation_id)


@api.get(
    "/<conversation_id>/events",
    operation_id="followConversation",
    summary="Follow a conversation (server-sent events)",
    security=BEARER,
)
@bearer(READ)
@answers(404)
@reads(LAST_EVENT_ID)
@streams(ConversationEvent)
def events(path: ConversationPath) -> Response:
    """Server-sent events; `Last-Event-ID` resumes, and a gap that cannot be filled is `event: lost`.

    A `conversation.state` with `continued_by` is followed by the events of the conversation that it names.
    """
    access.readable(principal(), path.conversation_id)
    sock = request.environ.get("gunicorn.socket")
    return event_response(follow(principal(), path.conversation_id, request.headers.get("Last-Event-ID"), sock))
