"""`/api/chat`: one call from a question to its answer."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request
from flask_openapi3 import APIBlueprint, Tag

from ingress import changing, reading, replies, shapes
from ingress.accepting import Draft, accept_message, count_by_address, digest, key_of
from ingress.auth import BEARER, anyone, caller
from ingress.preferences import wait_seconds, wants_stream
from ingress.schemas import Chat, Visit
from ingress.sse import event_response
from ingress.tokens import VISITOR, Principal, verify, visitor_token
from models.errors import Invalid, Unauthenticated
from models.ledger import Accepted
from models.settings import settings

api = APIBlueprint(
    "chat",
    __name__,
    url_prefix="/api/chat",
    abp_tags=[Tag(name="Chat", description="A question and its answer")],
    abp_responses=shapes.PROBLEMS,
)


@api.post(
    "", summary="Ask and be answered", responses={"200": shapes.Chatted, "202": shapes.Chatted}, security=[{}, *BEARER]
)
@anyone
def chat(body: Chat) -> Response | tuple[dict[str, Any], int, dict[str, str]]:
    """Opens a conversation if none is named, and waits for the reply (30 s unless `Prefer: wait=N` says otherwise)."""
    asking, token = _who(body)
    draft = Draft(body.message.content, metadata=body.message.metadata)
    key = key_of()

    def accept() -> Accepted:
        accepted = accept_message(asking, asking.conversation_id, draft, key)
        g.standings = accepted.standings
        return accepted

    told: dict[str, Any] = {"conversation_id": asking.conversation_id} | ({"token": token} if token else {})
    seconds = wait_seconds(settings().agent_timeout)
    if wants_stream():
        return event_response(replies.stream(asking.conversation_id, accept, seconds, told))
    accepted, outcome = replies.wait(asking.conversation_id, accept, seconds)
    location = {"Location": f"/api/conversations/{asking.conversation_id}/messages/{accepted.id}"}
    message, reply = outcome or ({"status": "accepted"}, None)
    answer = told | {"message_id": accepted.id, "reply": reply, "status": message["status"]}
    return answer, 200 if outcome else 202, location


def _who(body: Chat) -> tuple[Principal, str | None]:
    """The visitor who asks in the conversation named, or a new one with a token."""
    known = caller()
    if body.conversation_id is None and known is None:
        return _newcomer(body)
    if known is None:
        raise Unauthenticated("Send the visitor token of that conversation as Authorization: Bearer …")
    conversation_id = body.conversation_id or known.conversation_id
    reading.own(known, conversation_id)
    return Principal(known.kind, known.id, conversation_id, known.expires), None


def _newcomer(body: Chat) -> tuple[Principal, str]:
    g.standings = count_by_address()
    if settings().contact_required:
        raise Invalid("conversation_id", "is required here: open a conversation first, saying who you are")
    key = key_of()
    once = digest(request.remote_addr, key, body.model_dump()) if key else None
    opened = changing.open_conversation(Visit.model_construct(name=None, email=None, phone=None, metadata={}), once)
    token = visitor_token(opened["contact"], opened["id"])
    return Principal(VISITOR, opened["contact"], opened["id"], verify(token).expires), token
