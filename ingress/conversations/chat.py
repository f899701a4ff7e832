"""`/api/chat`: one call from a question to its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, g
from flask_openapi3 import APIBlueprint, Tag

from ingress.conversations import access, commands, replies
from ingress.conversations.acceptance import Draft, accept_message
from ingress.conversations.events import AnswerEvent
from ingress.conversations.requests import Chat, Visit
from ingress.conversations.responses import Chatted
from ingress.http.described import LOCATION, PREFER, answers, reads, sends, streams
from ingress.http.idempotency import key_of
from ingress.http.preferences import wait_seconds, wants_stream
from ingress.identity import repeated_calls
from ingress.identity.callers import BEARER, anyone, caller, check_scope
from ingress.identity.counting import count_opening
from ingress.identity.principal import USER, Principal
from ingress.identity.tokens import verify, visitor_token
from ingress.streams.event_frames import event_response
from models import ledger
from models.accounts.api_keys import READ, WRITE
from models.conversations.messages import ACCEPTED
from models.errors import Invalid, Unauthenticated
from models.ledger import Accepted
from models.settings import settings

ROUTE = "chat"  # keys of another route are other keys
api = APIBlueprint(
    "chat",
    __name__,
    url_prefix="/api/chat",
    abp_tags=[Tag(name="Chat", description="Ask a question and get its answer in one call")],
)


@api.post(
    "",
    operation_id="chat",
    summary="Ask a question and get the answer",
    responses={"200": Chatted, "202": Chatted},
    security=[{}, *BEARER],
)
@anyone(WRITE)
@answers(404, 409, 429)
@reads(PREFER, *repeated_calls.HEADERS)
@sends(LOCATION)
@streams(AnswerEvent)
def chat(body: Chat) -> Response | tuple[dict[str, Any], int, dict[str, str]]:
    """Opens a conversation if none is named, and waits for the reply (30 s unless `Prefer: wait=N` says otherwise).

    While the conversation waits for a person, or a person has it: 202 at once, with the `state`.
    """
    if wants_stream():
        check_scope(caller(), READ)
    opens = body.conversation_id is None
    asking, token = _who(body)
    draft = Draft(body.message.content, metadata=body.message.metadata)
    key = key_of()

    def accept() -> Accepted:
        counted = opens and asking.kind == USER
        accepted = accept_message(asking, asking.conversation_id, draft, key, route=ROUTE, counted=counted)
        g.standings = accepted.standings
        return accepted

    told: dict[str, Any] = {"conversation_id": asking.conversation_id} | ({"token": token} if token else {})
    seconds = wait_seconds(settings().agent_timeout)
    if wants_stream():
        return event_response(replies.stream(asking, asking.conversation_id, accept, seconds, told))
    waited = replies.wait(asking, asking.conversation_id, accept, seconds)
    standing = waited.standing
    status = standing.message["status"] if standing.message else ACCEPTED
    answer = told | {"conversation_id": standing.conversation_id, "message_id": waited.accepted.id}
    answer |= {"reply": standing.reply, "status": status, **waited.state}
    return answer, 200 if standing.is_ended else 202, waited.location


def _who(body: Chat) -> tuple[Principal, str | None]:
    """Who asks in which conversation: the one named, a visitor's own, a user's new one, or a new visitor's with a token."""
    known = caller()
    if known is None:
        if body.conversation_id is None:
            return _newcomer(body)
        raise Unauthenticated("Send the token of that conversation's visitor or user as Authorization: Bearer …")
    conversation_id = body.conversation_id or known.conversation_id or _opened(known, body)
    access.writable(known, conversation_id)
    return replace(known, conversation_id=conversation_id), None


def _opened(known: Principal, body: Chat) -> str:
    once = repeated_calls.once(ROUTE, known, body)
    g.standings = count_opening(known)
    ledger.check_writable()  # else each try would leave an empty conversation, and only three may be open
    return commands.open_for_user(known.id, {}, once).id


def _newcomer(body: Chat) -> tuple[Principal, str]:
    once = repeated_calls.once(ROUTE, None, body)
    g.standings = count_opening(None)
    if settings().contact_required:
        raise Invalid("conversation_id", "is required here: first open a conversation with your contact details")
    opened = commands.open_conversation(Visit.model_construct(name=None, email=None, phone=None, metadata={}), once)
    token = visitor_token(str(opened.contact), opened.id)
    return verify(token), token
