"""`/api/conversations`: open one, list and read them, follow one, hand it to a person, close it."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request
from flask_openapi3 import APIBlueprint, Tag

from ingress.conversations import access, commands, queries
from ingress.conversations.events import ConversationEvent
from ingress.conversations.following import follow
from ingress.conversations.requests import ConversationPath, HandOffRequest, Listing, ReadMark, Visit
from ingress.conversations.responses import Conversations, Opened
from ingress.http.described import LAST_EVENT_ID, LOCATION, answers, reads, sends, streams
from ingress.identity import repeated_calls
from ingress.identity.callers import BEARER, anyone, bearer, caller, principal
from ingress.identity.counting import count_opening
from ingress.identity.principal import USER
from ingress.identity.tokens import visitor_token
from ingress.streams.event_frames import event_response
from models.accounts.api_keys import READ, WRITE
from models.conversations.views import Conversation

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

    A user's conversation has no token. Its name and address come from the profile, and a fourth open conversation is 409.
    """
    known = caller()
    once = repeated_calls.once("conversations", known, body)
    g.standings = count_opening(known)
    if known is not None and known.kind == USER:
        opened = commands.open_for_user(known.id, body.metadata, once)
        answer = Opened(conversation=opened)
    else:
        opened = commands.open_conversation(body, once)
        answer = Opened(conversation=opened, token=visitor_token(str(opened.contact), opened.id))
    return answer.document(), 201, {"Location": f"/api/conversations/{opened.id}"}


@api.get(
    "",
    operation_id="listConversations",
    summary="List conversations",
    responses={"200": Conversations},
    security=BEARER,
)
@bearer(READ)
def conversations(query: Listing) -> dict[str, Any]:
    """The caller's conversations, newest first; for operators, all conversations. `state` and `q` filter them."""
    return queries.listed(principal(), query).document()


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
    return queries.conversation(principal(), path.conversation_id).document()


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
    return commands.hand_off(path.conversation_id, principal().author_kind, body.reason).document()


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
    return commands.close(path.conversation_id).document()


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
